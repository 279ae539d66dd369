/** One sheet for both colour schemes; the system's own fonts, so that nothing is fetched. */
export const HISTORY_STYLE = `
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#16202c;--quiet:#5b6876;--line:#dfe4ea;--link:#0b5cad;--ok:#12753a;--okbg:#dcf3e4;--back:#8a5a00;--backbg:#fdeecb;--bad:#b3261e;--badbg:#fbdedb;--idlebg:#e8ecf1;--live:#eefaf2}
@media (prefers-color-scheme:dark){:root{--page:#0f1419;--card:#171e26;--ink:#e4eaf0;--quiet:#93a1b0;--line:#2a343f;--link:#78b7ff;--ok:#62d793;--okbg:#12351f;--back:#f0c063;--backbg:#3b2d0d;--bad:#ff8f87;--badbg:#43191a;--idlebg:#242e38;--live:#12251a}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
header,main,footer{max-width:1180px;margin:0 auto;padding:0 24px}
header{padding-top:40px}
h1{font-size:30px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
h2{font-size:19px;margin:36px 0 12px}
header p{margin:0;color:var(--quiet)}
header .lock{color:var(--back)}
code,.id{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
a{color:var(--link);text-decoration:none}
a:hover{text-decoration:underline}
a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.dot{display:inline-block;width:10px;height:10px;border-radius:50%;background:var(--ok);margin-right:8px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));gap:14px;margin-top:26px}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px 18px}
.card h3{margin:0;font-size:13px;font-weight:600;color:var(--quiet)}
.card p{margin:0;font-size:12.5px;color:var(--quiet)}
.card .value{font-size:25px;font-weight:650;color:var(--ink);letter-spacing:-.01em;font-variant-numeric:tabular-nums}
figure{margin:18px 0 0;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px}
figcaption{color:var(--quiet);font-size:12.5px;margin-top:8px}
svg text{fill:var(--quiet);font-size:10px}
.good{fill:var(--ok);background:var(--ok)}
.bad{fill:var(--bad)}
.key.bad{background:var(--bad)}
.rollbacks{fill:var(--back);background:var(--back)}
.base{fill:var(--line)}
.key{display:inline-block;width:10px;height:10px;border-radius:3px;margin:0 5px 0 10px}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden;font-size:14px}
th{text-align:left;font-size:12.5px;font-weight:600;color:var(--quiet);padding:10px 12px;border-bottom:1px solid var(--line);white-space:nowrap}
td{padding:10px 12px;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
td:nth-child(3),.id{white-space:nowrap}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
small{display:block;color:var(--quiet);font-size:12px}
tr.live{background:var(--live)}
tr.live td:first-child{box-shadow:inset 3px 0 var(--ok)}
tr.undone .id{text-decoration:line-through;text-decoration-color:var(--bad)}
tr:target{outline:2px solid var(--link);outline-offset:-2px}
.badge{display:inline-block;border-radius:999px;padding:1px 9px;font-size:12.5px;font-weight:600;white-space:nowrap;background:var(--idlebg);color:var(--quiet)}
.badge.ok{background:var(--okbg);color:var(--ok)}
.badge.back{background:var(--backbg);color:var(--back)}
.badge.bad{background:var(--badbg);color:var(--bad)}
.cause{color:var(--quiet);overflow-wrap:anywhere}
.quiet,footer{color:var(--quiet)}
footer{padding:36px 24px 48px;font-size:12.5px}
@media (max-width:640px){header,main,footer{padding-left:14px;padding-right:14px}header{padding-top:24px}}
@media print{body{background:#fff}.card,figure,table{break-inside:avoid}}
`
  .trim()
  .replaceAll('\n', '');
