#pragma once
#include <string_view>

namespace clm::app {

/// The style sheet of every report. Plots take their colours from the classes c0..c8 (candidate, active version, five
/// for the baselines, two for the members of an ensemble), so that light and dark differ here and nowhere else.
inline constexpr std::string_view kPageStyle = R"css(
:root{--bg:#fff;--ink:#1b1f24;--soft:#5b6570;--line:#d9dee4;--card:#f6f8fa;--good:#1a7f37;--bad:#b42318;
--goodbg:#e3f5e8;--badbg:#fdeae7;--c0:#0b62c4;--c1:#c2570c;--c2:#2e8540;--c3:#8a3ffc;--c4:#b0246e;--c5:#7a828c;--c6:#8d7a00;
--c7:#00808a;--c8:#7a4a21}
@media (prefers-color-scheme:dark){:root{--bg:#14181d;--ink:#e6e9ed;--soft:#9aa5b1;--line:#333b45;--card:#1b2128;
--good:#5fd38a;--bad:#ff8f80;--goodbg:#17352290;--badbg:#4a1f1a90;--c0:#6cb2ff;--c1:#ff9d5c;--c2:#6fd08c;--c3:#c4a1ff;
--c4:#ff8ac2;--c5:#9aa4b2;--c6:#d8c24a;--c7:#4fd0d8;--c8:#d9a679}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem 1.25rem 4rem;background:var(--bg);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
header{border-bottom:2px solid var(--ink);margin-bottom:1.5rem;padding-bottom:.5rem}
h1{font-size:1.75rem;line-height:1.2;margin:.2rem 0}header p{color:var(--soft);margin:.2rem 0 .6rem}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;margin:.5rem 0;padding:0}
a{color:var(--c0)}
h2{font-size:1.35rem;margin:2.5rem 0 .75rem;padding-top:.5rem;border-top:1px solid var(--line)}
section:first-child h2{border:0;margin-top:0}
h3{font-size:1.1rem;margin:2rem 0 .5rem}h4{font-size:.95rem;margin:0 0 .4rem}
p{max-width:48rem;margin:.5rem 0}ul{padding-left:1.25rem;max-width:52rem}li{margin:.25rem 0}
.badge{display:inline-block;border-radius:.3rem;padding:.1rem .6rem;font-weight:600;background:var(--card);
border:1px solid var(--line)}
.badge.good{background:var(--goodbg);color:var(--good);border-color:var(--good)}
.badge.bad{background:var(--badbg);color:var(--bad);border-color:var(--bad)}
.verdict{background:var(--card);border-left:.3rem solid var(--soft);padding:.75rem 1.1rem;margin:.75rem 0;border-radius:.25rem}
.verdict.good{border-color:var(--good)}.verdict.bad{border-color:var(--bad)}
.verdict h3{margin:.1rem 0 .5rem}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(30rem,100%),1fr));gap:1rem;align-items:start}
figure{margin:0 0 1rem;background:var(--card);border:1px solid var(--line);border-radius:.4rem;padding:.8rem 1rem;break-inside:avoid}
figcaption{color:var(--soft);font-size:.85rem;margin-top:.4rem}
details{font-size:.9rem;margin-top:.4rem}summary{cursor:pointer;color:var(--soft)}
.wide{overflow-x:auto}
pre{background:var(--card);border:1px solid var(--line);border-radius:.3rem;padding:.6rem .9rem;font-size:.86rem}
table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums;margin:.4rem 0;min-width:60%}
caption{text-align:left;color:var(--soft);padding-bottom:.3rem;max-width:48rem}
th,td{padding:.28rem .6rem;border-bottom:1px solid var(--line);vertical-align:top;text-align:left}
th{color:var(--soft);font-weight:600;vertical-align:bottom;cursor:pointer}
th.n,td.n{text-align:right}td.n{white-space:nowrap}td small{display:block;color:var(--soft);font-size:.85em}
td.good{color:var(--good)}td.bad{color:var(--bad)}
tbody tr:hover{background:color-mix(in srgb,var(--c0) 8%,transparent)}
th[aria-sort=ascending]::after{content:" \25B4"}th[aria-sort=descending]::after{content:" \25BE"}
td.w{overflow-wrap:anywhere;min-width:4.5rem}td.name{white-space:nowrap;overflow-wrap:normal}
svg{display:block;width:100%;height:auto;min-width:26rem;font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
svg text{fill:var(--soft)}svg text.strong{fill:var(--ink)}
.grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}
.zero{stroke:var(--soft);stroke-width:1.2}.mark{stroke:var(--ink);stroke-width:1.2;stroke-dasharray:4 3}
.c0{--c:var(--c0)}.c1{--c:var(--c1)}.c2{--c:var(--c2)}.c3{--c:var(--c3)}.c4{--c:var(--c4)}.c5{--c:var(--c5)}.c6{--c:var(--c6)}
.c7{--c:var(--c7)}.c8{--c:var(--c8)}
.stroke{stroke:var(--c);fill:none;stroke-width:1.4}.stroke.c0{stroke-width:2.4}.fill{fill:var(--c)}
.soft{fill:var(--c);fill-opacity:.28}.hollow{fill:var(--card);stroke:var(--c);stroke-width:2}
.present{fill:var(--c0);fill-opacity:.55}.missing{fill:var(--c1)}.unusable{fill:var(--bad)}
.deploy{fill:var(--good);stroke:var(--good)}.refuse{stroke:var(--bad);stroke-width:2.5;fill:none}
.band{fill:var(--c0);fill-opacity:.22;stroke:var(--c0);stroke-width:1}
@media print{body{max-width:none;padding:0;font-size:11px}nav,details>summary{display:none}.plots{grid-template-columns:1fr 1fr}
h2{break-after:avoid}svg{min-width:0}.wide{overflow:visible}table{font-size:9px}figure,.verdict{background:none}}
)css";

/// Sorts a table by the column whose header is clicked: by number where cells begin with one, else by text.
inline constexpr std::string_view kPageScript = R"js(
document.querySelectorAll('table.sortable th').forEach(function(th){
 th.tabIndex=0;
 function sort(){
  var table=th.closest('table'),body=table.tBodies[0],column=th.cellIndex,up=th.getAttribute('aria-sort')!=='ascending';
  function key(row){var t=row.cells[column].firstChild;t=t?t.textContent.replace(/\u2212/g,'-').replace(/,/g,''):'';
   var n=/^[-+]?[\d.]+( |$)/.test(t)?parseFloat(t):NaN;return isNaN(n)?t:n}
  var rows=Array.from(body.rows).map(function(r){return [key(r),r]});
  rows.sort(function(a,b){var x=a[0],y=b[0],c=typeof x==='number'&&typeof y==='number'?x-y:
   typeof x==='number'?-1:typeof y==='number'?1:x.localeCompare(y);return up?c:-c});
  rows.forEach(function(r){body.appendChild(r[1])});
  table.querySelectorAll('th').forEach(function(h){h.removeAttribute('aria-sort')});
  th.setAttribute('aria-sort',up?'ascending':'descending');
 }
 th.addEventListener('click',sort);
 th.addEventListener('keydown',function(e){if(e.key==='Enter'||e.key===' '){e.preventDefault();sort()}});
});
)js";

}  // namespace clm::app
