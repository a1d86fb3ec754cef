// The style of our pages: light, dark, narrow, print. Colours of stages and frames are Okabe and Ito's, which people with colour-blind
// eyes can tell apart (M. Okabe, K. Ito, "Color Universal Design", 2008); each has an ink that stands out on it by at least 4.5 to 1.
#pragma once

namespace partway::report {

inline constexpr char kPageStyle[] = R"css(
:root{color-scheme:light dark;--bg:#fff;--ink:#16191d;--soft:#565e68;--line:#d4d9df;--card:#f5f7f9;--accent:#0b5c8e;--good:#0a6b4b;--bad:#a63a00;--wait:#d3d8de}
@media (prefers-color-scheme:dark){:root{--bg:#14171b;--ink:#e8ebee;--soft:#a9b2bc;--line:#3a414a;--card:#1d2127;--accent:#6fbdf0;--good:#58cfa3;--bad:#ff9d6b;--wait:#4b535d}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:72rem;background:var(--bg);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.25rem;margin:2.75rem 0 .5rem;padding-top:.75rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.25rem 0 .25rem}
p{margin:.4rem 0;max-width:48rem}
.lead{font-size:1.125rem}
.soft,figcaption,caption{color:var(--soft)}
caption,figcaption{text-align:left;font-size:.875rem;padding:.25rem 0;max-width:48rem}
caption{caption-side:bottom;padding-top:.5rem}
code{font:.875em/1.4 ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
a{color:var(--accent)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;margin:1.25rem 0 0;padding:0;list-style:none}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem}
.tiles b{display:block;white-space:nowrap;font-size:1.3rem;line-height:1.25;font-weight:650}
.tiles span{font-size:.875rem;color:var(--soft)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.25rem;margin:.75rem 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
th,td{padding:.35rem .5rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
.small{width:auto;min-width:26rem}
thead th{font-weight:600;vertical-align:bottom;border-bottom:2px solid var(--line)}
th small{display:block;font-weight:400;color:var(--soft)}
.l,tbody th{text-align:left}tbody th{font-weight:600}
td.wrap{white-space:normal;text-align:left;overflow-wrap:anywhere}
td strong{color:var(--good)}
figure{margin:.75rem 0}
svg{display:block;width:100%;min-width:44rem;height:auto;font:13px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
svg text{fill:var(--ink)}svg .s{fill:var(--soft)}svg .h{font-weight:600}
svg .g{stroke:var(--line);stroke-width:1}svg .m{stroke:var(--ink);stroke-width:2}svg .d{stroke:var(--ink);stroke-width:2;stroke-dasharray:3 3}
svg rect{stroke:var(--bg);stroke-width:1}svg .bin{fill:var(--accent);stroke:none}svg .band{fill:var(--card);stroke:none}
svg .q0{fill:none;stroke:var(--accent);stroke-width:1.2;opacity:.65}svg .q1{fill:none;stroke:var(--ink);stroke-width:2.6}
svg .c{fill:none;stroke-width:2.2}svg .c0{stroke:var(--accent);stroke-width:3}svg .c1{stroke:#d55e00;stroke-dasharray:9 4}svg .c2{stroke:#009e73;stroke-dasharray:2 3}svg .c3{stroke:var(--soft);stroke-dasharray:12 3 2 3}
svg .dk{fill:#000}svg .lt{fill:#fff}
.prepare{fill:#999;background:#999}.head{fill:#0072b2;background:#0072b2}.encode{fill:#d55e00;background:#d55e00}.wait{fill:var(--wait);background:var(--wait)}.upload{fill:#e69f00;background:#e69f00}
.queue{fill:#f0e442;background:#f0e442}.edge{fill:#009e73;background:#009e73}.reply{fill:#56b4e9;background:#56b4e9}.tail{fill:#cc79a7;background:#cc79a7}
.f0{fill:#0072b2}.f1{fill:#e69f00}.f2{fill:#009e73}.f3{fill:#cc79a7}.f4{fill:#56b4e9}.f5{fill:#f0e442}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:.5rem 0;padding:0;list-style:none;font-size:.875rem}
.legend i{display:inline-block;width:.9em;height:.9em;margin-right:.4em;border-radius:.15em;vertical-align:-.08em;print-color-adjust:exact;-webkit-print-color-adjust:exact}
details{margin:.5rem 0}summary{cursor:pointer;color:var(--accent);font-size:.9375rem;padding:.15rem 0}
.photos{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:1rem;margin:1rem 0;padding:0;list-style:none}
.photos figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:.5rem;overflow:hidden;height:100%}
.photos img{display:block;width:100%;aspect-ratio:4/3;object-fit:cover}
.photos figcaption{padding:.5rem .7rem .6rem;color:var(--ink);line-height:1.35;overflow-wrap:anywhere}
.photos .file{font-size:.75rem}.photos b{display:block}.ok{color:var(--good)}.no{color:var(--bad)}.ok,.no{font-weight:600}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.75rem;font-size:.875rem;color:var(--soft)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
@media (max-width:40rem){.small{min-width:0}body{padding:1.25rem 1rem 3rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}h1{font-size:1.4rem}.photos{grid-template-columns:repeat(auto-fill,minmax(9rem,1fr))}}
@media print{:root{color-scheme:light;--bg:#fff;--ink:#000;--soft:#444;--line:#bbb;--card:#fff;--accent:#0b5c8e;--good:#0a6b4b;--bad:#a63a00;--wait:#d3d8de}
body{max-width:none;padding:0;font-size:10.5pt}figure,.photos li,tr{break-inside:avoid}h2,h3{break-after:avoid}svg{min-width:0;print-color-adjust:exact;-webkit-print-color-adjust:exact}
table{font-size:8.5pt}th,td{padding:.2rem .3rem}}
)css";

}   // namespace partway::report
