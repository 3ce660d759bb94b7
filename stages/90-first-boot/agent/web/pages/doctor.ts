import type { DoctorResult } from '../../door/protocol.ts';
import { checkSigns } from '../drawings.ts';
import type { Frame } from '../frame.ts';
import { type Html, html, trusted } from '../html.ts';
import { renderLayout } from '../layout.ts';

const order = ['bad', 'warning', 'good'] as const;

/** What the doctor found, the worst first. */
export function renderDoctorPage(frame: Frame, results: readonly DoctorResult[]): string {
  const { doctor } = frame.texts;
  const count = results.filter(({ state }) => state !== 'good').length;
  const sorted = order.flatMap((state) => results.filter((result) => result.state === state));
  return renderLayout(frame, {
    title: doctor.title,
    main: html`<div class="card stack">
<div class="tight"><h1>${doctor.title}</h1>
<p class="lead">${count === 0 ? doctor.allGood : doctor.count(count)}</p></div>
${results.length === 0 ? html`<p class="soft">${doctor.none}</p>` : html`<ul class="rows full">${sorted.map((result) => row(frame, result))}</ul>`}
<div class="actions"><a class="button quiet" href="/doctor">${doctor.again}</a></div>
</div>
<a class="back" href="/">${doctor.toStatus}</a>`,
  });
}

function row({ say, texts }: Frame, { title, state, meaning, todo }: DoctorResult): Html {
  return html`<li><h2 class="step-title">${say(title)}</h2>
<span class="state ${state}">${trusted(checkSigns[state])}${texts.doctor.states[state]}</span>
<p class="soft">${say(meaning)}</p>
${todo === undefined ? '' : html`<p>${say(todo)}</p>`}</li>`;
}
