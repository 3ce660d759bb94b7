import type { StatusView } from '../../door/protocol.ts';
import type { Frame } from '../frame.ts';
import { type Html, html } from '../html.ts';
import { hiddenFields } from '../layout.ts';

type Link = StatusView['links'][number];

/** The ways to the services, with what has to be typed there. */
export function linksCard(frame: Frame, links: readonly Link[]): Html {
  const { say, texts } = frame;
  if (links.length === 0) return html``;
  return html`<section class="card" aria-labelledby="links-title"><h2 id="links-title">${texts.status.links}</h2>
<ul class="rows">${links.map(
    ({ title, text, address, secret }) => html`<li><h3>${say(title)}</h3>
${/^(?:https?|smb):\/\/[^\s"]+$/.test(address) ? html`<p class="places"><a class="go" href="${address}">${address}</a></p>` : html`<p>${address}</p>`}
${text === undefined ? '' : html`<p class="soft">${say(text)}</p>`}
${secret === undefined ? '' : secretOf(frame, secret)}</li>`,
  )}</ul></section>`;
}

/** The button is inside of what is unfolded: nobody says "noted" of what was not seen. */
function secretOf(frame: Frame, { label, value, noted }: NonNullable<Link['secret']>): Html {
  const { say, texts } = frame;
  return html`<details><summary>${say(label)}</summary><code class="secret">${value}</code>${
    noted === undefined
      ? ''
      : html`<form method="post" action="/noted/${noted}">${hiddenFields(frame)}<p class="soft" id="${noted}-hint">${texts.status.notedHint}</p><button class="button quiet small" aria-describedby="${noted}-hint">${texts.status.noted}</button></form>`
  }</details>`;
}
