#pragma once
#include <string_view>

namespace clm::app {

/// The style sheet of every report. Plots take their colours from the classes c0..c8 (candidate, active version, five
/// for the baselines, two for the members of an ensemble), so that light and dark differ here and nowhere else. Lines
/// differ in their dashes too: where one hides another, both are seen, and in black and white as well. Drawings are
/// about as wide as a telephone, so that their text is of the size of the other text wherever they are shown.
inline constexpr std::string_view kPageStyle = R"css(
:root{--bg:#fff;--ink:#1b1f24;--soft:#525b65;--line:#d9dee4;--card:#f6f8fa;--good:#176d30;--bad:#a81f14;
--goodbg:#e3f5e8;--badbg:#fdeae7;--c0:#0b5cb8;--c1:#c2570c;--c2:#2e8540;--c3:#8a3ffc;--c4:#b0246e;--c5:#7a828c;--c6:#8d7a00;
--c7:#00808a;--c8:#7a4a21}
@media (prefers-color-scheme:dark){:root{--bg:#14181d;--ink:#e6e9ed;--soft:#a9b3be;--line:#333b45;--card:#1b2128;
--good:#5fd38a;--bad:#ff9d90;--goodbg:#17352290;--badbg:#4a1f1a90;--c0:#6cb2ff;--c1:#ff9d5c;--c2:#6fd08c;--c3:#c4a1ff;
--c4:#ff8ac2;--c5:#9aa4b2;--c6:#d8c24a;--c7:#4fd0d8;--c8:#d9a679}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0 auto;max-width:76rem;padding:1rem .75rem 3rem;background:var(--bg);color:var(--ink);overflow-wrap:break-word;
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.shapes{position:absolute}
header{border-bottom:2px solid var(--ink);margin-bottom:1.25rem;padding-bottom:.5rem}
h1{font-size:1.6rem;line-height:1.2;margin:.2rem 0}header p{color:var(--soft);margin:.2rem 0 .6rem}
header p.sentence{color:var(--ink);font-size:1.05rem;background:var(--card);border-left:.3rem solid var(--soft);
padding:.6rem .9rem;max-width:60rem;border-radius:.25rem}
header p.good,.verdict.good{border-color:var(--good)}header p.bad,.verdict.bad{border-color:var(--bad)}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;list-style:none;margin:.5rem 0;padding:0}
a{color:var(--c0)}
h2{font-size:1.3rem;margin:2rem 0 .6rem;padding-top:.5rem;border-top:1px solid var(--line)}
section:first-child h2{border:0;margin-top:0}
h3{font-size:1.1rem;margin:1.5rem 0 .5rem}h4{font-size:.95rem;margin:0 0 .4rem}
p{max-width:48rem;margin:.5rem 0}ul{padding-left:1.1rem;max-width:52rem}li{margin:.25rem 0}
.badge{display:inline-block;border-radius:.3rem;padding:.05rem .5rem;font-size:.9rem;font-weight:600;background:var(--card);
border:1px solid var(--line)}
.badge.good{background:var(--goodbg);color:var(--good);border-color:var(--good)}
.badge.bad{background:var(--badbg);color:var(--bad);border-color:var(--bad)}
.verdict{background:var(--card);border-left:.3rem solid var(--soft);padding:.6rem .9rem;margin:.75rem 0;border-radius:.25rem}
.verdict h3{margin:.1rem 0 .4rem}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(21rem,100%),1fr));gap:1rem;align-items:start}
figure{margin:0 0 1rem;background:var(--card);border:1px solid var(--line);border-radius:.4rem;padding:.6rem .6rem;
break-inside:avoid;min-width:0}
.plots>figure{margin:0}
figcaption{color:var(--soft);font-size:.85rem;margin-top:.4rem;max-width:48rem}
details{margin:.4rem 0}summary{cursor:pointer;color:var(--soft);font-size:.9rem;padding:.15rem 0}
details.part>summary{color:var(--ink);font-weight:600;font-size:1rem;border-top:1px solid var(--line);padding:.45rem 0}
pre{background:var(--bg);border:1px solid var(--line);border-radius:.3rem;padding:.6rem .9rem;font-size:.86rem;
white-space:pre-wrap;overflow-wrap:anywhere}
table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums;margin:.5rem 0 1rem}
caption{text-align:left;color:var(--soft);padding-bottom:.3rem;max-width:48rem}
th,td{padding:.28rem .5rem;border-bottom:1px solid var(--line);vertical-align:top;text-align:left}
th{color:var(--soft);font-weight:600;vertical-align:bottom;cursor:pointer}
th.n,td.n{text-align:right}td.n>span,td.name>span{white-space:nowrap}td small{display:block;color:var(--soft);font-size:.9em}
td.n small{white-space:nowrap}
td.good{color:var(--good)}td.bad{color:var(--bad)}td.code{overflow-wrap:anywhere}
tbody tr:hover{background:color-mix(in srgb,var(--c0) 8%,transparent)}
th[aria-sort=ascending]::after{content:" \25B4"}th[aria-sort=descending]::after{content:" \25BE"}
svg{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
svg.plot{display:block;width:100%;max-width:27rem;height:auto;margin:auto}
svg text{fill:var(--soft)}svg text.strong{fill:var(--ink)}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.85rem;margin:.2rem 0}.legend svg{vertical-align:-3px}
.strip{display:grid;grid-template-columns:minmax(0,max-content) minmax(0,1fr);gap:0 .6rem;align-items:center;font-size:.8rem;
line-height:1.25}
.strip>span{max-width:9rem}.strip svg{display:block;width:100%;overflow:visible}
.grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}
.zero{stroke:var(--soft);stroke-width:1.2}.mark{stroke:var(--ink);stroke-width:1.2;stroke-dasharray:4 3}
.c0{--c:var(--c0)}.c1{--c:var(--c1)}.c2{--c:var(--c2)}.c3{--c:var(--c3)}.c4{--c:var(--c4)}.c5{--c:var(--c5)}.c6{--c:var(--c6)}
.c7{--c:var(--c7)}.c8{--c:var(--c8)}
.stroke{stroke:var(--c);fill:none;stroke-width:1.4}.stroke.c0{stroke-width:2.2}.fill{fill:var(--c)}
.dash.c1{stroke-dasharray:7 3}.dash.c2{stroke-dasharray:2 2}.dash.c3{stroke-dasharray:8 3 2 3}.dash.c4{stroke-dasharray:4 2}
.dash.c5{stroke-dasharray:1 3}.dash.c6{stroke-dasharray:10 4}.dash.c7{stroke-dasharray:5 2 1 2}.dash.c8{stroke-dasharray:3 4}
.soft{fill:var(--c);fill-opacity:.28}
.present{fill:var(--c0);fill-opacity:.55}.missing{fill:var(--c1);stroke:var(--c1)}.unusable{fill:var(--bad);stroke:var(--bad)}
.calm{fill:var(--c7);fill-opacity:.18}.normal{fill:var(--c7);fill-opacity:.45}.turbulent{fill:var(--c4)}
.storm{fill:var(--c4);fill-opacity:.2}svg text.level{paint-order:stroke;stroke:var(--card);stroke-width:3}
.stroke.thin{stroke-width:1.2;vector-effect:non-scaling-stroke}
.band{fill:var(--c0);fill-opacity:.22;stroke:var(--c0);stroke-width:1}
.mark-taken{fill:var(--good)}.mark-refused{stroke:var(--bad);stroke-width:2.5;fill:none}
.mark-open{fill:var(--card);stroke:var(--c0);stroke-width:2}
@media (min-width:48rem){body{padding:1.5rem 1.25rem 4rem}figure{padding:.8rem 1rem}}
@media (max-width:47.99rem){
.few{display:none}
table,table.many,caption,tbody,tr,td{display:block}thead{display:none}table{width:100%}
tr{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:.1rem .8rem;border:1px solid var(--line);border-radius:.3rem;
padding:.4rem .6rem;margin:0 0 .5rem}
td{border:0;padding:.1rem 0;text-align:left;min-width:0}td.w{grid-column:1/-1}td.n,th.n{text-align:left}td.none{display:none}
td:first-child{grid-column:1/-1;font-weight:600}td:first-child small{display:inline;margin-left:.5rem;font-weight:400}
td[data-label]::before{content:attr(data-label);display:block;color:var(--soft);font-size:.9em}
td.n>span,td.name>span,td.n small{white-space:normal;overflow-wrap:anywhere}}
@media (min-width:48rem) and (max-width:71.99rem){
table.many,.many caption,.many tbody,.many tr,.many td{display:block}.many thead{display:none}table.many{width:100%}
.many tr{display:grid;grid-template-columns:repeat(5,minmax(0,1fr));gap:.1rem .8rem;border:1px solid var(--line);
border-radius:.3rem;padding:.4rem .6rem;margin:0 0 .5rem}
.many td{border:0;padding:.1rem 0;text-align:left;min-width:0}.many td.w:not(.name){grid-column:span 2}.many td.none{display:none}
.many td:first-child{font-weight:600}.many td:last-child.w{grid-column:1/-1}
.many td[data-label]::before{content:attr(data-label);display:block;color:var(--soft);font-size:.9em}
.many td.n>span,.many td.name>span,.many td.n small{white-space:normal;overflow-wrap:anywhere}}
.plots table,.plots caption,.plots tbody,.plots tr,.plots td{display:block}.plots thead{display:none}.plots table{width:100%}
.plots tr{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:.1rem .6rem;border-bottom:1px solid var(--line);
padding:.3rem 0;margin:0}
.plots td{border:0;padding:.1rem 0;text-align:left;min-width:0}.plots td:first-child,.plots td.w{grid-column:1/-1}
.plots td:first-child{font-weight:600}.plots td[data-label]::before{content:attr(data-label);display:block;color:var(--soft);
font-size:.9em}
.plots td.n>span,.plots td.name>span,.plots td.n small{white-space:normal}
@media print{body{max-width:none;padding:0;font-size:11px}nav,summary{display:none}.plots{grid-template-columns:1fr 1fr}
h2{break-after:avoid}table{font-size:9px}figure,.verdict{background:none}}
)css";

/// Sorts a table by the column whose header is clicked: by number where cells begin with one, else by text. Unfolds
/// what there is room for, what a link leads to, and everything for paper.
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
if(matchMedia('(min-width:48rem)').matches)document.querySelectorAll('details[data-open=wide]').forEach(function(d){d.open=true});
(function(){
 function unfold(){var e=location.hash.length>1&&document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if(!e)return;for(var d=e;d;d=d.parentElement)if(d.tagName==='DETAILS')d.open=true;e.scrollIntoView()}
 addEventListener('hashchange',unfold);unfold();
 var folded=[];
 addEventListener('beforeprint',function(){folded=Array.from(document.querySelectorAll('details:not([open])'));
  folded.forEach(function(d){d.open=true})});
 addEventListener('afterprint',function(){folded.forEach(function(d){d.open=false})});
})();
)js";

}  // namespace clm::app
