import type { StatusView, TopicView } from '../../door/protocol.ts';
import { mark, stateSigns } from '../drawings.ts';
import type { Frame } from '../frame.ts';
import { type Html, html, trusted } from '../html.ts';
import { hiddenFields, renderLayout } from '../layout.ts';
import { answerTexts } from './check.ts';
import { qrCode } from './qr-code.ts';
import { linksCard } from './status-links.ts';
import { disksCard, updatesCard } from './status-upkeep.ts';

type ServiceState = StatusView['services'][number]['state'];

/** The device's own page, behind the login. `hasFailed`: a step of the last change did not work. */
export function renderStatusPage(frame: Frame, status: StatusView, hasFailed = false): string {
  const isStarting = status.services.some(({ state }) => state === 'starting');
  return renderLayout(frame, {
    title: status.hostname,
    isWide: true,
    hasOwnMark: true,
    main: html`<div class="top hero">${trusted(mark)}
<h1>${status.hostname}</h1>
<p class="lead" id="overall" role="status">${overallSentence(frame, status)}</p></div>
<div class="columns"${isStarting ? html` data-refresh="yes" data-parts="overall services"` : ''}>
<div>
${applyingCard(frame, status, hasFailed)}
${linksCard(frame, status.links)}
${servicesCard(frame, status)}
${settingsCard(frame, status.topics)}
</div>
<div>
${addressesCard(frame, status)}
${disksCard(frame, status.disks)}
${updatesCard(frame, status.updates)}
${helpCard(frame)}
</div>
</div>`,
    footer: html`<p>${releaseLine(frame, status)}</p>
<form method="post" action="/logout">${hiddenFields(frame)}<button class="button plain small">${frame.texts.login.out}</button></form>`,
  });
}

/** The most important thing first: what fails, then what is still starting. */
export function overallState(states: readonly ServiceState[]): ServiceState {
  const order: readonly ServiceState[] = ['failed', 'unknown', 'starting', 'running', 'off'];
  return order.find((state) => states.includes(state)) ?? 'off';
}

function overallSentence({ texts }: Frame, { services }: StatusView): string {
  const states = services.map(({ state }) => state);
  const overall = overallState(states);
  return overall === 'failed'
    ? texts.status.overall.failed(states.filter((state) => state === 'failed').length)
    : texts.status.overall[overall];
}

function applyingCard({ texts }: Frame, { isApplying }: StatusView, hasFailed: boolean): Html {
  if (!isApplying && !hasFailed) return html``;
  const what = hasFailed ? texts.status.failedChange : texts.status.isApplying;
  return html`<section class="card" aria-labelledby="applying-title"><div class="head"><h2 id="applying-title">${what}</h2><a class="go" href="/progress">${texts.status.watch}</a></div></section>`;
}

function servicesCard({ say, texts }: Frame, { services }: StatusView): Html {
  const rows = services.map(
    ({ name, description, state }) => html`<li>
<h3>${say(name)}</h3>
<span class="state ${state}">${trusted(stateSigns[state])}${texts.status.states[state]}</span>
<p class="soft">${say(description)}</p>
</li>`,
  );
  return html`<section class="card" aria-labelledby="services-title">
<div class="head"><h2 id="services-title">${texts.status.services}</h2><a href="/">${texts.status.refresh}</a></div>
<ul class="rows" id="services">
${rows.length > 0 ? rows : html`<li class="soft">${texts.status.noServices}</li>`}
</ul>
</section>`;
}

function settingsCard(frame: Frame, topics: readonly TopicView[]): Html {
  const { status } = frame.texts;
  if (topics.length === 0) return html``;
  return html`<section class="card" aria-labelledby="settings-title"><h2 id="settings-title">${status.settings}</h2>
<dl class="answers">${topics.map((topic) => {
    const name = frame.say(topic.short);
    const verb = topic.state === 'answered' ? status.change : status.doNow;
    const lines = topic.state === 'answered' ? answerTexts(frame, topic) : [status.todo];
    return html`<div><dt>${name}</dt>${lines.map((line) => html`<dd>${line}</dd>`)}<dd class="change"><a href="/change/${topic.id}" aria-label="${verb}: ${name}">${verb}</a></dd></div>`;
  })}</dl></section>`;
}

function addressesCard({ texts }: Frame, { addresses }: StatusView): Html {
  const { status } = texts;
  const number = addresses.find(({ medium }) => medium !== 'name') ?? addresses[0];
  return html`<section class="card" aria-labelledby="addresses-title">
<h2 id="addresses-title">${status.addresses}</h2>
<ul class="places">${addresses.map(({ url, medium }) => html`<li><a href="${url}">${url.replace(/\/$/, '')}</a><span class="soft">${status.media[medium]}</span></li>`)}</ul>
<p class="soft">${addresses.length > 0 ? status.addressHint : status.noAddress}</p>
${number === undefined ? '' : html`<details><summary>${status.qr}</summary>${qrCode(number.url, status.qrText(number.url))}</details>`}
</section>`;
}

function helpCard(frame: Frame): Html {
  const { status } = frame.texts;
  const post = (action: string, label: string, hint: string) =>
    html`<form method="post" action="/${action}"${action === 'support-bundle' ? html` data-download` : ''}>${hiddenFields(frame)}<button class="button quiet small" aria-describedby="${action}-hint">${label}</button><p class="soft" id="${action}-hint">${hint}</p></form>`;
  return html`<section class="card" aria-labelledby="help-title"><h2 id="help-title">${status.help}</h2>
<div class="tools">
<div class="tight"><a class="button quiet small" href="/doctor" aria-describedby="doctor-hint">${status.doctor}</a><p class="soft" id="doctor-hint">${status.doctorHint}</p></div>
${post('support-bundle', status.bundle, status.bundleHint)}
${post('restart', status.restart, status.restartHint)}
<div class="tight"><a class="button quiet small" href="/reset" aria-describedby="reset-hint">${status.reset}</a><p class="soft" id="reset-hint">${status.resetHint}</p></div>
</div></section>`;
}

function releaseLine({ texts }: Frame, { release }: StatusView): string {
  const image = release.image === '' ? [] : [texts.status.image(release.image, release.date)];
  return [`Hearth ${release.version}`.trim(), ...image].join(' · ');
}
