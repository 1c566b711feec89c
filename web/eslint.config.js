import { readdirSync } from "node:fs";
import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const features = readdirSync(new URL("./src/features", import.meta.url));

/** Markup as text is how scripts get in: the page builds elements only. */
const noMarkup = [
  ["JSXAttribute[name.name='dangerouslySetInnerHTML']", "Build elements, not HTML strings."],
  ["MemberExpression[property.name=/^(innerHTML|outerHTML|srcdoc)$/]", "Build elements, not HTML strings."],
  ["CallExpression[callee.property.name=/^(insertAdjacentHTML|createContextualFragment)$/]", "Build elements, not HTML strings."],
].map(([selector, message]) => ({ selector, message }));

export default tseslint.config(
  { ignores: ["dist", "src/lib/api/schema.d.ts"] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["*.js", "scripts/*.mjs"] }, tsconfigRootDir: import.meta.dirname } },
  },
  { files: ["**/*.{js,mjs}"], ...tseslint.configs.disableTypeChecked, languageOptions: { globals: { URL: "readonly", console: "readonly", process: "readonly", Buffer: "readonly" } } },
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      // Says that the React Compiler leaves a component alone; it is not used here.
      "react-hooks/incompatible-library": "off",
      "no-restricted-syntax": ["error", ...noMarkup],
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true, argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-non-null-assertion": "error",
    },
  },
  // app -> features -> components, lib; a feature never imports another.
  ...features.map((feature) => ({
    files: [`src/features/${feature}/**`],
    rules: {
      "no-restricted-imports": ["error", { patterns: [{
        group: ["@/app/*", "@/features/*", `!@/features/${feature}`, "../../*"],
        message: "A feature uses components/ and lib/ only; the shell composes features.",
      }] }],
    },
  })),
  {
    files: ["src/components/**", "src/lib/**"],
    rules: { "no-restricted-imports": ["error", { patterns: [{ group: ["@/app/*", "@/features/*"], message: "components/ and lib/ know no feature." }] }] },
  },
  { files: ["src/lib/**"], rules: { "no-restricted-imports": ["error", { patterns: [{ group: ["@/app/*", "@/features/*", "@/components/*"], message: "lib/ knows no component." }] }] } },
);
