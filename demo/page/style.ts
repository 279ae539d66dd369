/** The page's one style sheet: light and dark by the reader's own setting, no script, nothing from the network. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f6f5f2; --card: #ffffff; --ink: #1c1f23; --quiet: #5d646d; --line: #dedbd4; --soft: #efede8;
  --good: #1a7f37; --bad: #cf222e; --warn: #9a6700; --link: #0860ca;
  --c0: #2f6fde; --c1: #8250df; --c2: #57606a; --c3: #d98a00; --c4: #bf3989; --c5: #16858b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0f1216; --card: #171b21; --ink: #e8e6e1; --quiet: #98a1ac; --line: #2b323b; --soft: #1e242c;
    --good: #3fb950; --bad: #ff6a61; --warn: #d9a520; --link: #6cb1ff;
    --c0: #5b93f5; --c1: #a981f2; --c2: #8b949e; --c3: #e3a33a; --c4: #e56fb1; --c5: #3db4ba;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 Inter, system-ui, -apple-system, "Segoe UI", "Noto Sans", "Liberation Sans", sans-serif; }
code, pre, .mono { font-family: ui-monospace, SFMono-Regular, "JetBrains Mono", "DejaVu Sans Mono", Menlo, monospace; }
.mono, code { font-size: .86em; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
.wrap { max-width: 72rem; margin: 0 auto; padding: 0 1.5rem; }
.quiet { color: var(--quiet); }

.top { padding: 3.2rem 0 1.6rem; }
.kicker { font-weight: 600; color: var(--quiet); letter-spacing: .01em; margin: 0 0 .5rem; }
h1 { font-size: clamp(2.2rem, 5vw, 3.4rem); line-height: 1.08; letter-spacing: -.03em; margin: 0 0 .8rem; font-weight: 750; }
.lead { font-size: 1.16rem; color: var(--quiet); max-width: 47rem; margin: 0; }
h2 { font-size: 1.5rem; letter-spacing: -.015em; margin: 0 0 .3rem; }
section { margin: 0 0 3rem; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .8rem; margin: 1.8rem 0 1.6rem; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: .8rem; padding: .9rem 1.1rem; }
.tile b { display: block; font-size: 1.75rem; letter-spacing: -.02em; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tile span { color: var(--quiet); font-size: .88rem; }
.tile.good b { color: var(--good); } .tile.bad b { color: var(--bad); }

.card { background: var(--card); border: 1px solid var(--line); border-radius: .9rem; }
.figure { padding: 1.1rem 1.2rem .9rem; margin: 0; }
.figure figcaption { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; align-items: baseline; margin-bottom: .7rem; font-size: .92rem; color: var(--quiet); }
.figure figcaption b { color: var(--ink); font-size: 1.02rem; }
.scroll { overflow-x: auto; }
.chart { display: block; width: 100%; height: auto; }
.scroll > .chart { min-width: 46rem; }
.close-up { margin-bottom: 1.2rem; }
.chart .act { fill: transparent; } .chart .act.odd { fill: var(--soft); }
.chart a:hover .act { fill: var(--line); }
.chart text { font: 11px Inter, system-ui, "Liberation Sans", sans-serif; fill: var(--quiet); }
.chart .act-label { font-size: 12px; font-weight: 600; fill: var(--ink); }
.chart .step-green { fill: color-mix(in srgb, var(--good) 18%, var(--card)); stroke: var(--good); stroke-width: .7; } .chart .step-red { fill: color-mix(in srgb, var(--bad) 18%, var(--card)); stroke: var(--bad); stroke-width: .7; }
.chart .step-label { fill: var(--ink); }
.chart .on-strip { font: 9.5px ui-monospace, "DejaVu Sans Mono", monospace; fill: #fff; }
.chart .grid { stroke: var(--line); stroke-width: 1; }
.chart .latency { fill: none; stroke: var(--quiet); stroke-width: 1.5; stroke-linejoin: round; }
.fill-c0 { fill: var(--c0); } .fill-c1 { fill: var(--c1); } .fill-c2 { fill: var(--c2); } .fill-c3 { fill: var(--c3); }
.fill-c4 { fill: var(--c4); } .fill-c5 { fill: var(--c5); } .fill-c-none { fill: var(--line); } .fill-failed { fill: var(--bad); }

.commit { display: inline-flex; align-items: baseline; gap: .4em; white-space: nowrap; }
.commit i { width: .65em; height: .65em; border-radius: 50%; background: var(--line); flex: none; }
.commit i.c0 { background: var(--c0); } .commit i.c1 { background: var(--c1); } .commit i.c2 { background: var(--c2); }
.commit i.c3 { background: var(--c3); } .commit i.c4 { background: var(--c4); } .commit i.c5 { background: var(--c5); }
.commit i.failed { background: var(--bad); }

.badge { display: inline-block; font-size: .78rem; font-weight: 600; padding: .08em .65em; border-radius: 2em; border: 1px solid currentColor; white-space: nowrap; }
.badge.good { color: var(--good); } .badge.bad { color: var(--bad); } .badge.warn { color: var(--warn); } .badge.plain { color: var(--quiet); }

.act { display: grid; grid-template-columns: minmax(15rem, 20rem) minmax(0, 1fr); gap: 1.2rem 2.4rem; padding: 2.2rem 0; margin: 0; border-top: 1px solid var(--line); scroll-margin-top: 1rem; }
.act-head { position: sticky; top: 1.2rem; align-self: start; }
.act-day { font-weight: 700; color: var(--quiet); margin: 0 0 .2rem; display: flex; justify-content: space-between; }
.act h2 { margin-bottom: .6rem; line-height: 1.2; }
.act-head p { margin: 0 0 .8rem; }
.verdict { font-weight: 600; }
.verdict::before { content: "✓ "; color: var(--good); } .verdict.broken::before { content: "✗ "; color: var(--bad); }

details > summary { cursor: pointer; list-style: none; }
details > summary::-webkit-details-marker { display: none; }
.step { border-bottom: 1px solid var(--line); }
.step:last-child { border-bottom: 0; }
.step > summary { display: flex; gap: .7rem; align-items: center; padding: .62rem 1rem; }
.step > summary:hover { background: var(--soft); }
.step > summary::before, .fold > summary::before { content: "›"; color: var(--quiet); font-weight: 700; transition: transform .12s; display: inline-block; width: .7em; }
.step[open] > summary::before, .fold[open] > summary::before { transform: rotate(90deg); }
.mark { font-weight: 800; } .mark.green { color: var(--good); } .mark.red { color: var(--bad); }
.step .name { font-weight: 600; } .step .took { margin-left: auto; color: var(--quiet); font-variant-numeric: tabular-nums; font-size: .9rem; }
.step .inside { padding: .2rem 1rem 1rem 2.1rem; }
.card > .step:first-child > summary { border-radius: .9rem .9rem 0 0; }
.fold > summary { padding: .45rem 0; color: var(--quiet); font-size: .92rem; }
.checks { list-style: none; margin: 0; padding: .2rem 0 .6rem; font-size: .92rem; columns: 2; column-gap: 2rem; }
.checks li { break-inside: avoid; padding: .12rem 0 .12rem 1.3rem; text-indent: -1.3rem; }
.checks li::before { content: "✓"; color: var(--good); font-weight: 700; display: inline-block; width: 1.3rem; text-indent: 0; }
.checks li.broken::before { content: "✗"; color: var(--bad); }
.log { max-height: 26rem; overflow: auto; background: var(--soft); border-radius: .6rem; padding: .8rem 1rem; font-size: .8rem; line-height: 1.5; margin: .3rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.log .error { color: var(--bad); } .log .warning { color: var(--warn); } .log .group { font-weight: 700; }

.md { border: 1px solid var(--line); border-radius: .6rem; padding: .3rem 1.3rem 1rem; font-size: .93rem; overflow-x: auto; }
.md h1, .md h2, .md h3, .md h4 { margin: 1rem 0 .5rem; line-height: 1.25; letter-spacing: 0; font-weight: 650; }
.md h1 { font-size: 1.5rem; } .md h2 { font-size: 1.3rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; } .md h3 { font-size: 1.12rem; } .md h4 { font-size: 1rem; }
.md p, .md ul, .md ol { margin: .5rem 0; } .md ul, .md ol { padding-left: 1.6rem; }
.md pre { background: var(--soft); padding: .8rem 1rem; border-radius: .45rem; overflow-x: auto; line-height: 1.45; font-size: .82rem; }
.md pre code { font-size: inherit; background: none; padding: 0; }
.md code { background: var(--soft); padding: .12em .35em; border-radius: .35em; overflow-wrap: anywhere; }
.md summary { padding: .3rem 0; font-weight: 550; } .md summary::before { content: "▸ "; color: var(--quiet); } .md details[open] > summary::before { content: "▾ "; }
.md blockquote { margin: .6rem 0; padding: 0 1rem; border-left: .25rem solid var(--line); color: var(--quiet); }
.md .alert { margin: .6rem 0; padding: .1rem 1rem; border-left: .25rem solid var(--link); } .md .alert-title { font-weight: 650; color: var(--link); }
.md .alert.warning { border-color: var(--warn); } .md .alert.warning .alert-title { color: var(--warn); }
.md .alert.caution { border-color: var(--bad); } .md .alert.caution .alert-title { color: var(--bad); }
.md .alert.tip { border-color: var(--good); } .md .alert.tip .alert-title { color: var(--good); }
.md hr { border: 0; border-top: 1px solid var(--line); margin: 1rem 0; }
.md .added { color: var(--good); } .md .removed { color: var(--bad); }

table { border-collapse: collapse; font-size: .9rem; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .45rem .8rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; color: var(--quiet); font-size: .84rem; white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
.right { text-align: right; } .center { text-align: center; }
.md table { width: auto; margin: .6rem 0; font-size: .9rem; } .md th, .md td { border: 1px solid var(--line); padding: .35rem .8rem; } .md th { color: var(--ink); }
.md tr:last-child td { border-bottom: 1px solid var(--line); }
tr.live td { background: color-mix(in srgb, var(--good) 9%, transparent); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 1.2rem; }
.facts .card { padding: 1rem 1.2rem; }
.facts h3 { margin: 0 0 .6rem; font-size: 1rem; }
.facts td, .facts th { padding: .28rem .3rem; }
.bar { display: block; height: .5rem; border-radius: .25rem; background: var(--c0); min-width: 2px; }
.iam { margin: 0; font-size: .86rem; line-height: 1.5; } .iam dt { font-weight: 600; } .iam dd { margin: 0 0 .45rem; color: var(--quiet); }
.facts td { vertical-align: middle; }
footer { border-top: 1px solid var(--line); padding: 1.6rem 0 3rem; color: var(--quiet); font-size: .92rem; }
.problem { border: 2px solid var(--bad); border-radius: .8rem; padding: 1rem 1.2rem; white-space: pre-wrap; margin: 0 0 1.5rem; font-size: .9rem; }
@media (max-width: 56rem) { .act { grid-template-columns: 1fr; } .act-head { position: static; } .checks { columns: 1; } }
`;
