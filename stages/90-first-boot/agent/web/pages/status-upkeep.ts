import type { StatusView } from '../../door/protocol.ts';
import { checkSigns } from '../drawings.ts';
import type { Frame } from '../frame.ts';
import { type Html, html, trusted } from '../html.ts';

/** How full the disks are, and what their health is if the device can tell. */
export function disksCard({ say, texts }: Frame, disks: StatusView['disks']): Html {
  const { status, language } = texts;
  if (disks.length === 0) return html``;
  return html`<section class="card" aria-labelledby="disks-title"><h2 id="disks-title">${status.disks}</h2>
<ul class="rows full">${disks.map(({ name, sizeBytes, freeBytes, health }) => {
    const percent = sizeBytes > 0 ? Math.round((100 * (sizeBytes - freeBytes)) / sizeBytes) : 0;
    return html`<li><h3>${say(name)}</h3>${health === undefined ? '' : html`<span class="state ${health.state}">${trusted(checkSigns[health.state])}${status.health[health.state]}</span>`}
<p><progress class="meter" max="100" value="${percent}" aria-label="${say(name)}: ${status.used(percent)}"></progress></p>
<p class="soft">${status.free(sizeText(freeBytes, language), sizeText(sizeBytes, language))}</p>
${health === undefined || health.state === 'good' ? '' : html`<p>${say(health.meaning)} ${health.todo === undefined ? '' : say(health.todo)}</p>`}</li>`;
  })}</ul></section>`;
}

/** Which updates wait, and whether a restart is needed. */
export function updatesCard(
  { texts }: Frame,
  { waiting, lastLook, needsRestart }: StatusView['updates'],
): Html {
  const { status, language } = texts;
  return html`<section class="card stack" aria-labelledby="updates-title"><div class="tight"><h2 id="updates-title">${status.updates}</h2>
<p>${waiting === undefined ? status.notKnown : waiting === 0 ? status.upToDate : status.waiting(waiting)}</p>
${lastLook === undefined ? '' : html`<p class="soft">${status.lastLook(dateText(lastLook, language))}</p>`}
${needsRestart ? html`<p><strong>${status.needsRestart}</strong></p>` : ''}</div></section>`;
}

/** Bytes as makers of disks count them: `12.3 GB`. */
export function sizeText(bytes: number, language: string): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const number = bytes / 1000 ** step;
  const digits = number < 10 && step > 0 ? 1 : 0;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(number)} ${units[step]}`;
}

function dateText(iso: string, language: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(date);
}
