/** The style of the reference page: the paper, ink and marker of the other pages (src/inbox/ui/theme.css). The page's policy allows this text and no other. */
export const docsStyle = `
:root {
  color-scheme: light dark;
  --ground: #f6f5f1; --raised: #ffffff; --line: #dedbd2; --text: #18181b; --quiet: #55545a;
  --accent: #0a6b4d; --get: #1f5d9c; --delete: #b3261e; --string: #7a4a10; --mark: #ffdf3d;
  --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #141416; --raised: #1d1d20; --line: #323237; --text: #f2f0e9; --quiet: #b5b3ab;
    --accent: #63cfa4; --get: #86b9ee; --delete: #ff9b8f; --string: #e0b27a; --mark: #f6cf3c;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1.5rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr);
  background: var(--ground); color: var(--text); font: 1rem/1.6 var(--sans);
}
a { color: inherit; text-decoration-color: var(--line); text-underline-offset: .2em; }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
code { font: .875em/1.5 var(--mono); overflow-wrap: anywhere; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 1rem; padding: .25rem .75rem; background: var(--ground); z-index: 1; }

nav {
  position: sticky; top: 0; align-self: start; height: 100vh; overflow-y: auto;
  padding: 2rem 1.25rem; border-right: 1px solid var(--line); font-size: .875rem;
}
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { text-decoration: none; }
nav li a {
  display: flex; justify-content: space-between; align-items: baseline; gap: .5rem;
  margin: 0 -.5rem; padding: .25rem .5rem; border-radius: 6px;
}
nav li a:hover { background: var(--raised); }
.brand { margin: 0 0 1.5rem; font-size: 1rem; font-weight: 650; letter-spacing: -.01em; }
.brand b {
  margin: 0 .35em 0 1px; padding: 1px 5px 2px 3px; border-radius: 4px 9px 5px 8px / 8px 4px 9px 5px;
  background: var(--mark); color: #18181b; font-weight: inherit;
}
.brand small { color: var(--quiet); font-weight: 400; }
.group { margin: 1.5rem 0 .25rem; color: var(--quiet); font-size: .75rem; letter-spacing: .04em; text-transform: uppercase; }
.method { font: 600 .6875rem/1 var(--mono); letter-spacing: .02em; color: var(--accent); }
.method.get { color: var(--get); }
.method.delete { color: var(--delete); }

main { padding: 3rem clamp(1.25rem, 4vw, 4rem) 6rem; max-width: 82rem; }
h1, h2, h3 { line-height: 1.2; letter-spacing: -.02em; text-wrap: balance; }
h1 { margin: 0 0 1rem; font-size: 2.25rem; }
h2 { margin: 4.5rem 0 0; font-size: 1.5rem; }
h3 { margin: 0; font-size: 1.25rem; }
h3 a { text-decoration: none; }
h4 { margin: 1.75rem 0 .25rem; color: var(--quiet); font-size: .75rem; font-weight: 400; letter-spacing: .04em; text-transform: uppercase; }
p { margin: .75rem 0; max-width: 68ch; text-wrap: pretty; }
dl { margin: 0; }
dd { margin: 0; }
.facts { margin-top: 1.5rem; display: flex; flex-wrap: wrap; gap: .75rem 3rem; }
.facts dt { color: var(--quiet); font-size: .875rem; }

section {
  display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.15fr); gap: 2.5rem;
  padding: 2.5rem 0; border-bottom: 1px solid var(--line);
}
.endpoint { margin: .5rem 0 1rem; color: var(--quiet); }
.endpoint .method { margin-right: .25rem; font-size: .8125rem; }
.endpoint code { font-size: .9375rem; color: var(--text); }
.fields > div { padding: .625rem 0; border-top: 1px solid var(--line); }
.fields > div:first-child { border-top: 0; }
.fields dt span { color: var(--quiet); font-size: .8125rem; overflow-wrap: anywhere; }
.fields dd { color: var(--quiet); font-size: .9375rem; }
.fields dd code { color: var(--text); }
.fields .fields { margin: .5rem 0 0; padding-left: 1rem; border-left: 2px solid var(--line); }
section h4 + p { margin-top: .5rem; }
.status { display: inline-block; min-width: 2.5rem; font: 600 .875rem/1 var(--mono); color: var(--accent); }
summary { width: fit-content; color: var(--quiet); font-size: .875rem; cursor: pointer; }
summary:hover { color: var(--text); }
.codes { display: flex; flex-wrap: wrap; gap: .375rem; margin: .5rem 0 0; padding: 0; list-style: none; }
.codes a {
  display: inline-block; padding: .1875rem .5rem; border: 1px solid var(--line); border-radius: 6px;
  font: .8125rem/1.4 var(--mono); text-decoration: none; overflow-wrap: anywhere;
}
.codes a:hover { border-color: var(--quiet); }
.codes b { color: var(--quiet); font-weight: 400; }

figure { margin: 0 0 1rem; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); }
figcaption { padding: .5rem 1rem; border-bottom: 1px solid var(--line); color: var(--quiet); font-size: .8125rem; }
pre { margin: 0; padding: .875rem 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
pre code { font-size: .75rem; line-height: 1.7; }
.key { color: var(--text); }
.string { color: var(--string); }
.atom { color: var(--get); }

.problems > div { display: grid; grid-template-columns: 19rem minmax(0, 1fr); gap: .25rem 2rem; padding: .875rem 0; border-bottom: 1px solid var(--line); }
.problems .status { color: var(--quiet); font-weight: 400; }
.problems > :target { background: var(--raised); box-shadow: -.75rem 0 var(--raised), .75rem 0 var(--raised); }

@media (min-width: 68rem) { .showing { position: sticky; top: 1.5rem; align-self: start; } }
@media (max-width: 68rem) { section { grid-template-columns: minmax(0, 1fr); gap: 1.5rem; } }
@media (max-width: 48rem) {
  body { grid-template-columns: minmax(0, 1fr); }
  nav { position: static; height: auto; padding: 1.25rem; border-right: 0; border-bottom: 1px solid var(--line); }
  nav ul { display: flex; flex-wrap: wrap; column-gap: 1.5rem; }
  nav .method { display: none; }
  .group { margin-top: .75rem; }
  main { padding-top: 2rem; }
  h1 { font-size: 1.75rem; }
  .problems > div { grid-template-columns: minmax(0, 1fr); }
}
`;
