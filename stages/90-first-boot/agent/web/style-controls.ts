/** The colours of both looks. Text has a contrast of 4.5 and more, edges of controls 3 and more. */
export const colours = `
:root{
  color-scheme:light dark;
  --ground:#f6f2ec;--glow:rgb(240 150 70/.16);--card:#fffdfa;--ink:#2b241f;--soft:#6a5e54;--line:#e7ded3;--edge:#8c7d70;
  --ember:#a8430d;--hot:#8f3707;--on-ember:#fffdfa;--arch:#8a5a3c;--fire:#d9541e;--core:#ffc46b;--field:#fff;
  --good:#24704a;--good-ground:#e4f2e9;--wait:#7d5a00;--wait-ground:#fbf0d2;--bad:#a8281f;--bad-ground:#fde7e3;
  --quiet:#655c54;--quiet-ground:#efeae3;
}
@media (prefers-color-scheme:dark){:root{
  --ground:#141210;--glow:rgb(230 120 50/.13);--card:#1e1b18;--ink:#f0eae3;--soft:#b5aaa0;--line:#352f29;--edge:#8b7f74;
  --ember:#f3a46b;--hot:#f8bd92;--on-ember:#26140a;--arch:#b98a68;--fire:#ee6c33;--core:#ffd28a;--field:#161412;
  --good:#8ad3a9;--good-ground:#1b3427;--wait:#edc86a;--wait-ground:#3a2f12;--bad:#ffa99d;--bad-ground:#451e1a;
  --quiet:#b9afa5;--quiet-ground:#2c2723;
}}`.trim();

/** Fields, buttons, choices, progress. */
export const controls = `
label,legend,.label{font-weight:580}
.field{display:grid;gap:.375rem}
legend{margin-bottom:.5rem}
.field .soft{font-weight:400}
.optional{font-weight:400;color:var(--soft)}
input,select,textarea{width:100%;min-height:3rem;padding:.625rem .875rem;border:1px solid var(--edge);border-radius:.75rem;background:var(--field);color:var(--ink);font:inherit;min-width:0}
textarea{resize:vertical;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9375rem;overflow-wrap:anywhere}
input:focus-visible,select:focus-visible,textarea:focus-visible{outline:.1875rem solid var(--ember);outline-offset:.0625rem;border-radius:.75rem}
[aria-invalid=true]{border-color:var(--bad);box-shadow:inset 0 0 0 1px var(--bad)}
.code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:1.25rem;letter-spacing:.06em;text-align:center;text-transform:uppercase}
.problem{display:flex;gap:.5rem;color:var(--bad);font-weight:550}
.problem .sign{margin-top:.3rem}
.problem,.errors{overflow-wrap:anywhere}
.problem{--under:var(--card)}
.errors{border-left:.3125rem solid var(--bad);border-radius:.75rem;background:var(--bad-ground);padding:1rem 1.125rem;display:grid;gap:.25rem}
.errors h2,.errors a,.errors p{color:var(--bad)}
.errors a{display:inline-block;padding:.25rem 0;font-weight:550}
.reveal{display:flex;gap:.5rem}
.reveal button{flex:none}
.choices{display:grid;gap:.5rem}
.choice{display:flex;gap:.75rem;align-items:flex-start;padding:.75rem .875rem;border:1px solid var(--edge);border-radius:.75rem;background:var(--field);font-weight:400;cursor:pointer}
.choice:has(:checked){border-color:var(--ember);box-shadow:inset 0 0 0 1px var(--ember)}
.choice:has(:focus-visible){outline:.1875rem solid var(--ember);outline-offset:.125rem}
.choice input:focus-visible{outline:0}
.choice>span{display:grid;flex:1;min-width:0}
.choice .soft{font-size:.875rem}
input[type=radio],input[type=checkbox]{width:1.375rem;height:1.375rem;min-height:0;margin:.0625rem 0 0;padding:0;flex:none;accent-color:var(--ember)}
.button{display:inline-flex;align-items:center;justify-content:center;gap:.5rem;min-height:3rem;padding:.5rem 1.375rem;border:1px solid transparent;border-radius:.875rem;background:var(--ember);color:var(--on-ember);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
.button:hover{background:var(--hot)}
.button:focus-visible{border-radius:.875rem}
.quiet,.plain{background:transparent;color:var(--ember);border-color:var(--edge)}
.quiet:hover,.plain:hover{background:var(--quiet-ground)}
.plain{border-color:transparent;padding:.5rem .75rem;font-weight:550}
.danger{background:var(--bad);color:var(--card)}
.danger:hover{background:var(--bad);filter:brightness(.92)}
[aria-pressed=true]{background:var(--quiet-ground)}
[aria-disabled=true]{opacity:.65;cursor:progress}
.small{min-height:2.75rem;padding:.25rem 1rem;font-size:.9375rem}
.actions{display:grid;gap:.5rem;justify-items:stretch}
.tools{display:grid;gap:1rem}
.tools form{display:grid;gap:.25rem}
.where-am-i{display:grid;gap:.625rem;justify-items:center;color:var(--soft);font-size:.9375rem}
.dots{display:flex;justify-content:center;gap:min(.375rem,1vw);width:100%}
.dots span{flex:0 1 1.75rem;min-width:0;height:.3125rem;border-radius:1rem;background:var(--line)}
.dots .on{background:var(--fire)}
.back{display:inline-flex;align-items:center;gap:.4rem;min-height:2.75rem;justify-self:start;text-decoration:none;font-weight:550}
.back::before{content:"";width:.5rem;height:.5rem;border:solid;border-width:0 0 .14rem .14rem;rotate:45deg}
.answers>div{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:0 1rem;padding:.875rem 0;border-top:1px solid var(--line)}
.answers>div:first-child{border-top:0;padding-top:0}
.answers dt{font-weight:580}
.answers dd{grid-column:1;color:var(--soft);overflow-wrap:anywhere}
.answers .change{grid-column:2;grid-row:1/span 9}
.change a{display:inline-flex;align-items:center;justify-content:center;min-height:2.75rem;min-width:2.75rem}
progress{appearance:none;display:block;width:100%;height:.75rem;border:0;border-radius:1rem;background:var(--line);overflow:hidden}
progress::-webkit-progress-bar{background:var(--line);border-radius:1rem}
progress::-webkit-progress-value{background:linear-gradient(90deg,var(--fire),var(--core));border-radius:1rem;transition:width .6s ease}
progress::-moz-progress-bar{background:linear-gradient(90deg,var(--fire),var(--core));border-radius:1rem}
.percent{font-size:1.125rem;font-weight:600;font-variant-numeric:tabular-nums}
.steps li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.125rem 1rem;align-items:center;padding:.75rem 0;border-top:1px solid var(--line)}
.steps li:first-child{border-top:0}
.steps p,.steps .fail{grid-column:1/-1}
.fail{display:grid;gap:.875rem;margin-top:.5rem;padding:1rem;border-radius:.75rem;background:var(--bad-ground)}
.fail .buttons{display:flex;flex-wrap:wrap;gap:.5rem}
.fail .quiet,.fail .plain{color:var(--bad);border-color:var(--bad)}
.fail p{color:var(--ink)}
.log{overflow:auto;max-height:60vh;margin:0;padding:1rem;border-radius:.75rem;background:var(--quiet-ground);font:.8125rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
.meter{height:.5rem}
.lost{color:var(--wait);background:var(--wait-ground);padding:.75rem 1rem;border-radius:.75rem}
.spinner{width:2.5rem;height:2.5rem;margin:0 auto;border:.25rem solid var(--line);border-top-color:var(--fire);border-radius:50%;animation:turn 1.2s linear infinite}
@keyframes turn{to{rotate:1turn}}
[hidden]{display:none!important}
@media (min-width:32rem){.actions{display:flex;flex-wrap:wrap;align-items:center}.actions .plain{margin-left:auto}}`.trim();
