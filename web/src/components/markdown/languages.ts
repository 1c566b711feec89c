import type { LanguageFn } from "highlight.js";

type Load = () => Promise<{ default: LanguageFn }>;

interface Language {
  /** As it is shown over the code. */
  title: string;
  /** Other names that models write. */
  aliases?: readonly string[];
  load: Load;
}

/** Each grammar is a file of its own, fetched when the first code of its language is shown. */
const languages = new Map<string, Language>(Object.entries({
  bash: { title: "Bash", aliases: ["sh", "zsh", "console"], load: () => import("highlight.js/lib/languages/bash") },
  c: { title: "C", aliases: ["h"], load: () => import("highlight.js/lib/languages/c") },
  clojure: { title: "Clojure", aliases: ["clj"], load: () => import("highlight.js/lib/languages/clojure") },
  cmake: { title: "CMake", load: () => import("highlight.js/lib/languages/cmake") },
  cpp: { title: "C++", aliases: ["c++", "cc", "hpp", "cxx"], load: () => import("highlight.js/lib/languages/cpp") },
  csharp: { title: "C#", aliases: ["cs", "c#"], load: () => import("highlight.js/lib/languages/csharp") },
  css: { title: "CSS", load: () => import("highlight.js/lib/languages/css") },
  dart: { title: "Dart", load: () => import("highlight.js/lib/languages/dart") },
  diff: { title: "Diff", aliases: ["patch"], load: () => import("highlight.js/lib/languages/diff") },
  dockerfile: { title: "Dockerfile", aliases: ["docker"], load: () => import("highlight.js/lib/languages/dockerfile") },
  elixir: { title: "Elixir", aliases: ["ex", "exs"], load: () => import("highlight.js/lib/languages/elixir") },
  erlang: { title: "Erlang", aliases: ["erl"], load: () => import("highlight.js/lib/languages/erlang") },
  go: { title: "Go", aliases: ["golang"], load: () => import("highlight.js/lib/languages/go") },
  graphql: { title: "GraphQL", aliases: ["gql"], load: () => import("highlight.js/lib/languages/graphql") },
  haskell: { title: "Haskell", aliases: ["hs"], load: () => import("highlight.js/lib/languages/haskell") },
  http: { title: "HTTP", load: () => import("highlight.js/lib/languages/http") },
  ini: { title: "INI", aliases: ["toml"], load: () => import("highlight.js/lib/languages/ini") },
  java: { title: "Java", load: () => import("highlight.js/lib/languages/java") },
  javascript: { title: "JavaScript", aliases: ["js", "jsx", "mjs", "cjs", "node"], load: () => import("highlight.js/lib/languages/javascript") },
  json: { title: "JSON", aliases: ["jsonc", "json5", "jsonl"], load: () => import("highlight.js/lib/languages/json") },
  julia: { title: "Julia", aliases: ["jl"], load: () => import("highlight.js/lib/languages/julia") },
  kotlin: { title: "Kotlin", aliases: ["kt", "kts"], load: () => import("highlight.js/lib/languages/kotlin") },
  latex: { title: "LaTeX", aliases: ["tex"], load: () => import("highlight.js/lib/languages/latex") },
  lua: { title: "Lua", load: () => import("highlight.js/lib/languages/lua") },
  makefile: { title: "Makefile", aliases: ["make", "mk"], load: () => import("highlight.js/lib/languages/makefile") },
  markdown: { title: "Markdown", aliases: ["md"], load: () => import("highlight.js/lib/languages/markdown") },
  matlab: { title: "MATLAB", load: () => import("highlight.js/lib/languages/matlab") },
  nginx: { title: "nginx", load: () => import("highlight.js/lib/languages/nginx") },
  nix: { title: "Nix", load: () => import("highlight.js/lib/languages/nix") },
  objectivec: { title: "Objective-C", aliases: ["objc"], load: () => import("highlight.js/lib/languages/objectivec") },
  ocaml: { title: "OCaml", aliases: ["ml"], load: () => import("highlight.js/lib/languages/ocaml") },
  perl: { title: "Perl", aliases: ["pl"], load: () => import("highlight.js/lib/languages/perl") },
  php: { title: "PHP", load: () => import("highlight.js/lib/languages/php") },
  powershell: { title: "PowerShell", aliases: ["ps1", "pwsh", "ps"], load: () => import("highlight.js/lib/languages/powershell") },
  protobuf: { title: "Protocol Buffers", aliases: ["proto"], load: () => import("highlight.js/lib/languages/protobuf") },
  python: { title: "Python", aliases: ["py", "python3", "ipython"], load: () => import("highlight.js/lib/languages/python") },
  r: { title: "R", load: () => import("highlight.js/lib/languages/r") },
  ruby: { title: "Ruby", aliases: ["rb"], load: () => import("highlight.js/lib/languages/ruby") },
  rust: { title: "Rust", aliases: ["rs"], load: () => import("highlight.js/lib/languages/rust") },
  scala: { title: "Scala", load: () => import("highlight.js/lib/languages/scala") },
  scss: { title: "SCSS", aliases: ["sass"], load: () => import("highlight.js/lib/languages/scss") },
  shell: { title: "Shell", aliases: ["shellsession"], load: () => import("highlight.js/lib/languages/shell") },
  sql: { title: "SQL", aliases: ["mysql", "postgresql", "postgres", "sqlite"], load: () => import("highlight.js/lib/languages/sql") },
  swift: { title: "Swift", load: () => import("highlight.js/lib/languages/swift") },
  typescript: { title: "TypeScript", aliases: ["ts", "tsx", "mts", "cts"], load: () => import("highlight.js/lib/languages/typescript") },
  vbnet: { title: "Visual Basic", aliases: ["vb"], load: () => import("highlight.js/lib/languages/vbnet") },
  vim: { title: "Vim script", aliases: ["viml"], load: () => import("highlight.js/lib/languages/vim") },
  xml: { title: "XML", aliases: ["html", "svg", "xhtml", "vue", "svelte"], load: () => import("highlight.js/lib/languages/xml") },
  yaml: { title: "YAML", aliases: ["yml"], load: () => import("highlight.js/lib/languages/yaml") },
}));

/** Names whose title is their own although another grammar colours them. */
const titles = new Map(Object.entries({
  html: "HTML", svg: "SVG", vue: "Vue", svelte: "Svelte", toml: "TOML", jsx: "JSX", tsx: "TSX", zsh: "Zsh",
  mysql: "MySQL", postgresql: "PostgreSQL", postgres: "PostgreSQL", sqlite: "SQLite", mermaid: "Mermaid", csv: "CSV",
}));

const byName = new Map<string, string>();
for (const [name, { aliases = [] }] of languages) for (const alias of [name, ...aliases]) byName.set(alias, name);

/** The grammar that colours code marked with `name`, or null where there is none. */
export function grammarOf(name: string | null): string | null {
  return name === null ? null : (byName.get(name.toLowerCase()) ?? null);
}

export function loadGrammar(grammar: string): Promise<{ default: LanguageFn }> {
  const language = languages.get(grammar);
  if (!language) return Promise.reject(new Error(`no grammar for ${grammar}`));
  return language.load();
}

/** What stands over code marked with `name`; the name itself, cut short, when it is unknown. */
export function languageTitle(name: string | null): string {
  if (name === null) return "";
  const key = name.toLowerCase();
  return titles.get(key) ?? languages.get(byName.get(key) ?? "")?.title ?? [...name].slice(0, 24).join("");
}
