import { type Address, addressUrl } from '../device/addresses.ts';

import type { DeviceStatus, ServiceStatus } from '../device/status.ts';
import type { UnitState } from '../device/unit-states.ts';
import { localText } from '../text/local-text.ts';
import type { Texts } from '../text/texts.ts';
import { mark, stateSigns } from './drawings.ts';
import { type Html, html, trusted } from './html.ts';
import { renderLayout } from './layout.ts';

/** The start page. `localName` is the device's name ending in .local, as announced on this network. */
export function renderStatusPage(status: DeviceStatus, localName: string, texts: Texts): string {
  return renderLayout(texts, {
    title: `${status.name} · Hearth`,
    header: html`${trusted(mark)}
<h1>${status.name}</h1>
<p class="overall" id="overall" role="status">${overallSentence(status.services, texts)}</p>`,
    main: html`<main class="two">
${servicesCard(status.services, texts)}
<div class="side">
${addressesCard(status.addresses, localName, texts)}
${setupCodeCard(texts)}
</div>
</main>`,
    footer: releaseLine(status, texts),
    refreshes: status.services.some((service) => service.state === 'starting'),
  });
}

/** The most important thing first: what fails, then what is still starting. */
export function overallState(states: readonly UnitState[]): UnitState {
  const order: readonly UnitState[] = ['failed', 'unknown', 'starting', 'running', 'off'];
  return order.find((state) => states.includes(state)) ?? 'off';
}

function overallSentence(services: readonly ServiceStatus[], texts: Texts): string {
  const states = services.map((service) => service.state);
  const overall = overallState(states);
  if (overall === 'failed') return texts.overall.failed(states.filter((state) => state === 'failed').length);
  return texts.overall[overall];
}

function servicesCard(services: readonly ServiceStatus[], texts: Texts): Html {
  const rows = services.map(
    ({ name, description, state }) => html`<li>
<h3>${localText(name, texts.language)}</h3>
<span class="state ${state}">${trusted(stateSigns[state])}${texts.states[state]}</span>
<p class="soft">${localText(description, texts.language)}</p>
</li>`,
  );
  return html`<section class="card" aria-labelledby="services-title">
<div class="head"><h2 id="services-title">${texts.services}</h2><a href="/">${texts.refresh}</a></div>
<ul class="rows" id="services">
${rows.length > 0 ? rows : html`<li class="soft">${texts.noServices}</li>`}
</ul>
</section>`;
}

function addressesCard(addresses: readonly Address[], localName: string, texts: Texts): Html {
  const numbers = addresses.filter((address) => address.family === 'IPv4');
  const long = addresses.filter((address) => address.family === 'IPv6');
  return html`<section class="card" aria-labelledby="addresses-title">
<div class="head"><h2 id="addresses-title">${texts.addresses}</h2></div>
<ul class="places">
<li><a class="address" href="http://${localName}/">http://${localName}</a><span class="soft">${texts.byName}</span></li>
${numbers.map((address) => html`<li>${addressLink(address)}<span class="soft">${texts.media[address.medium]}</span></li>`)}
</ul>
${long.length > 0 ? html`<details><summary>${texts.moreAddresses}</summary><ul>${long.map((address) => html`<li>${addressLink(address)}</li>`)}</ul></details>` : ''}
<p class="soft">${addresses.length > 0 ? texts.addressHint : texts.noAddress}</p>
</section>`;
}

function addressLink(address: Address): Html {
  const url = addressUrl(address);
  return html`<a class="address" href="${url}/">${url}</a>`;
}

function setupCodeCard(texts: Texts): Html {
  return html`<section class="card" aria-labelledby="code-title">
<div class="head"><h2 id="code-title">${texts.setupCode}</h2></div>
<p class="soft">${texts.setupCodeHint}</p>
<ul class="where soft">
${texts.setupCodeWhere.map((place) => html`<li>${place}</li>`)}
</ul>
</section>`;
}

function releaseLine({ release }: DeviceStatus, texts: Texts): Html {
  const image = release.image === '' ? [] : [texts.image(release.image, release.date)];
  return html`<p>${[`Hearth ${release.version}`.trim(), ...image].join(' · ')}</p>`;
}
