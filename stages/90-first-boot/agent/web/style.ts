import { colours, controls } from './style-controls.ts';

/** The style of all pages: one column on a phone, two on a desk for the status; light or dark as the system is. */
export const style = `
${colours}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:1rem}
body{
  margin:0;min-height:100vh;color:var(--ink);background:var(--ground) radial-gradient(46rem 24rem at 50% -9rem,var(--glow),transparent) no-repeat;
  font:1.0625rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:break-word;
}
.frame{max-width:60rem;min-height:100vh;margin:0 auto;padding:0 1.125rem;display:flex;flex-direction:column}
a{color:var(--ember);text-underline-offset:.2em;text-decoration-thickness:.07em}
a:hover{text-decoration-thickness:.14em}
:focus-visible{outline:.1875rem solid var(--ember);outline-offset:.1875rem;border-radius:.25rem}
main:focus{outline:0}
h1,h2,h3,p,ul,ol,dl,dd,fieldset,legend{margin:0;padding:0;border:0;min-width:0}
p,li,dd{text-wrap:pretty}
ul,ol{list-style:none}
h1{font-size:clamp(1.75rem,1.4rem + 1.6vw,2.25rem);line-height:1.15;font-weight:650;letter-spacing:-.015em;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:1.1875rem;line-height:1.3;font-weight:620}
h3{font-size:1.0625rem;line-height:1.35;font-weight:580}
.step-title{font-size:1.0625rem;line-height:1.35;font-weight:580}
.skip{position:absolute;left:-999rem;padding:.5rem 1rem;background:var(--card)}
.skip:focus{left:1rem;top:1rem;z-index:1}
header{padding:1.5rem 0 1rem;text-align:center}
.brand{display:inline-flex;align-items:center;gap:.5rem;min-height:2.75rem;padding:0 .5rem;color:var(--ink);font-weight:620;text-decoration:none}
.mark{width:2rem;height:2rem;flex:none}
.arch{fill:none;stroke:var(--arch);stroke-width:3;stroke-linecap:round;stroke-linejoin:round}
.fire{fill:var(--fire)}.core{fill:var(--core)}
.hero{text-align:center}
.hero .mark{width:4.25rem;height:4.25rem;display:block;margin:0 auto 1rem}
main{flex:1;width:100%}
.narrow{max-width:34rem;margin:0 auto;display:grid;gap:1.25rem;align-content:start}
.card{background:var(--card);border:1px solid var(--line);border-radius:1.25rem;padding:1.5rem 1.25rem;box-shadow:0 1px 2px rgb(60 30 10/.04),0 .75rem 2rem -1rem rgb(60 30 10/.12)}
.stack{display:grid;gap:1.25rem;align-content:start}
.stack>*{min-width:0}
.tight{display:grid;gap:.375rem}
.lead{color:var(--soft);font-size:1.0625rem}
.soft{color:var(--soft);font-size:.9375rem}
.head{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.25rem 1rem;margin:-.625rem 0 .25rem}
.head:last-child{margin-bottom:-.625rem}
h2+dl,h2+ul,h2+.tools{margin-top:.625rem}
h1+.lead{margin-top:.375rem}
.aside{justify-items:center;text-align:center}
.head a,.go{display:inline-flex;align-items:center;min-height:2.75rem}
.rows li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.125rem 1rem;align-items:center;padding:.875rem 0;border-top:1px solid var(--line)}
.rows p,.rows details{grid-column:1/-1}
.rows li:first-child{border-top:0}
.rows li:last-child{padding-bottom:0}
.state{display:inline-flex;align-items:center;gap:.4375rem;padding:.25rem .75rem .25rem .5rem;border-radius:1rem;font-size:.875rem;font-weight:550;white-space:nowrap;justify-self:start}
.sign{width:1rem;height:1rem;flex:none;fill:none;stroke:currentColor;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}
.fill{fill:currentColor;stroke:none}
.fill+path{stroke:var(--under)}
.running,.done,.good{--under:var(--good-ground);color:var(--good);background:var(--good-ground)}
.starting,.warning,.busy-state{--under:var(--wait-ground);color:var(--wait);background:var(--wait-ground)}
.failed,.bad{--under:var(--bad-ground);color:var(--bad);background:var(--bad-ground)}
.off,.unknown,.waiting,.skipped{--under:var(--quiet-ground);color:var(--quiet);background:var(--quiet-ground)}
.places li{display:flex;flex-wrap:wrap;gap:0 1rem;align-items:center;justify-content:space-between;padding:.25rem 0;border-top:1px solid var(--line)}
.places li:first-child{border-top:0}
.places a{display:inline-flex;align-items:center;min-height:2.75rem;font-weight:550;overflow-wrap:anywhere;min-width:0}
.secret{display:block;overflow-wrap:anywhere;user-select:all;padding:.5rem 0}
.qr{display:block;width:9.5rem;height:9.5rem;margin:.75rem 0 .25rem;border-radius:.75rem;background:#fff;padding:.5rem}
details>summary{cursor:pointer;min-height:2.75rem;display:flex;align-items:center;gap:.5rem;color:var(--ember);font-weight:550}
summary::before{content:"";flex:none;width:.5rem;height:.5rem;border:solid;border-width:0 .14rem .14rem 0;rotate:-45deg;margin-left:.2rem}
[open]>summary::before{rotate:45deg}
.where{display:grid;gap:.375rem;padding-left:1.25rem;list-style:disc}
.where li::marker{color:var(--fire)}
ol.where{list-style:decimal}
footer{padding:2.25rem 0 1.5rem;text-align:center;color:var(--soft);font-size:.875rem;display:grid;gap:.25rem;justify-items:center}
.tongues{display:flex;flex-wrap:wrap;gap:0 .5rem;align-items:center;justify-content:center}
.top{display:grid;gap:.625rem;justify-items:center;text-align:center;margin-bottom:1.5rem}
.columns{display:grid;gap:1.25rem;align-items:start}
.columns>*{display:grid;gap:1.25rem;min-width:0}
${controls}
@media (min-width:52rem){
  header{padding:2.25rem 0 1.5rem}
  .card{padding:2rem}
  .columns{grid-template-columns:minmax(0,1.3fr) minmax(0,1fr)}
  .columns .card{padding:1.5rem}
  .rows:not(.full) .state{grid-row:span 2}
  .rows:not(.full) li>p{grid-column:1}
}
@media (prefers-reduced-motion:reduce){*,*::before,*::after,::-webkit-progress-value{transition:none!important;animation:none!important}}
@media (forced-colors:active){.state,.card,.button,.errors{border:1px solid}progress{border:1px solid}.dots span.on{background:Highlight}}
`.trim();
