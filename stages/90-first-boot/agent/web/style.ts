/** The style of all pages: one column on a phone, two on a desk, light or dark as the system is. No file, no font. */
export const style = `
:root{
  color-scheme:light dark;
  --ground:#f6f2ec;--glow:rgb(240 150 70/.16);--card:#fffdfa;--ink:#2b241f;--soft:#6a5e54;--line:#e7ded3;
  --ember:#a8430d;--arch:#8a5a3c;--fire:#d9541e;--core:#ffc46b;
  --good:#24704a;--good-ground:#e4f2e9;--wait:#7d5a00;--wait-ground:#fbf0d2;--bad:#a8281f;--bad-ground:#fde7e3;
  --quiet:#655c54;--quiet-ground:#efeae3;
}
@media (prefers-color-scheme:dark){:root{
  --ground:#141210;--glow:rgb(230 120 50/.13);--card:#1e1b18;--ink:#f0eae3;--soft:#b5aaa0;--line:#352f29;
  --ember:#f3a46b;--arch:#b98a68;--fire:#ee6c33;--core:#ffd28a;
  --good:#8ad3a9;--good-ground:#1b3427;--wait:#edc86a;--wait-ground:#3a2f12;--bad:#ffa99d;--bad-ground:#451e1a;
  --quiet:#b9afa5;--quiet-ground:#2c2723;
}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{
  margin:0;min-height:100vh;color:var(--ink);background:var(--ground) radial-gradient(46rem 24rem at 50% -9rem,var(--glow),transparent) no-repeat;
  font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
}
.frame{max-width:60rem;margin:0 auto;padding:0 1.125rem 2rem}
a{color:var(--ember);text-underline-offset:.2em;text-decoration-thickness:.07em}
a:hover{text-decoration-thickness:.14em}
a:focus-visible,summary:focus-visible{outline:.1875rem solid var(--ember);outline-offset:.1875rem;border-radius:.25rem}
h1,h2,h3,p,ul{margin:0}
p,li{text-wrap:pretty}
ul{padding:0;list-style:none}
h1{font-size:clamp(2rem,1.4rem + 3vw,2.875rem);line-height:1.1;font-weight:650;letter-spacing:-.02em;overflow-wrap:anywhere}
h2{font-size:1.125rem;line-height:1.3;font-weight:600}
h3{font-size:1rem;line-height:1.35;font-weight:550}
header{padding:2.75rem 0 1.75rem;text-align:center}
.mark{width:4.5rem;height:4.5rem;display:block;margin:0 auto .875rem}
.arch{fill:none;stroke:var(--arch);stroke-width:2.75;stroke-linecap:round;stroke-linejoin:round}
.fire{fill:var(--fire)}.core{fill:var(--core)}
.overall{margin-top:.625rem;color:var(--soft);font-size:1.125rem}
main{display:grid;gap:1rem}
.side{display:grid;gap:1rem;align-content:start}
.card{background:var(--card);border:1px solid var(--line);border-radius:1.125rem;padding:1.25rem 1.125rem}
.head{display:flex;align-items:center;justify-content:space-between;gap:1rem;min-height:2rem;margin-bottom:.25rem}
.head a{padding:.1875rem 0;font-size:.9375rem}
.soft{color:var(--soft);font-size:.9375rem}
.rows li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.125rem 1rem;align-items:center;padding:.875rem 0;border-top:1px solid var(--line)}
.rows p{grid-column:1/-1}
.rows li:first-child{border-top:0}
.rows li:last-child{padding-bottom:0}
.state{display:inline-flex;align-items:center;gap:.4375rem;padding:.25rem .75rem .25rem .5rem;border-radius:1rem;font-size:.875rem;font-weight:550;white-space:nowrap}
.sign{width:1rem;height:1rem;flex:none;fill:none;stroke:currentColor;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}
.fill{fill:currentColor;stroke:none}
.fill+path{stroke:var(--under)}
.running{--under:var(--good-ground);color:var(--good);background:var(--good-ground)}
.starting{--under:var(--wait-ground);color:var(--wait);background:var(--wait-ground)}
.failed{--under:var(--bad-ground);color:var(--bad);background:var(--bad-ground)}
.off,.unknown{--under:var(--quiet-ground);color:var(--quiet);background:var(--quiet-ground)}
.places li{display:flex;flex-wrap:wrap;gap:0 1rem;align-items:baseline;justify-content:space-between;padding:.5rem 0;border-top:1px solid var(--line)}
.places li:first-child{border-top:0}
.places a,.places+details a{padding:.1875rem 0;overflow-wrap:anywhere}
.address{font-weight:550}
details{border-top:1px solid var(--line);padding-top:.625rem;margin-bottom:.625rem}
summary{cursor:pointer;padding:.1875rem 0;color:var(--soft);font-size:.9375rem}
details li{padding:.25rem 0 0;font-size:.9375rem}
.where{margin-top:.5rem;padding-left:1.125rem;list-style:disc}
.where li{padding:.1875rem 0}
.where li::marker{color:var(--fire)}
footer{padding:1.75rem 0 0;text-align:center;color:var(--soft);font-size:.875rem}
.narrow{width:100%;max-width:34rem;margin:0 auto;text-align:center}
.narrow p+p{margin-top:.75rem}
@media (min-width:52rem){
  header{padding:4rem 0 2.5rem}
  .two{grid-template-columns:minmax(0,1.35fr) minmax(0,1fr);gap:1.25rem;align-items:start}
  .side{gap:1.25rem}
  .card{padding:1.25rem 1.5rem 1.5rem}
  .rows .state{grid-row:span 2}
  .rows p{grid-column:1}
}
@media (forced-colors:active){.state,.card{border:1px solid}}
`.trim();
