import type { FieldView, TopicView } from '../../door/protocol.ts';
import { busyLine, errorSummary, type Mistake } from '../form-parts.ts';
import type { Frame } from '../frame.ts';
import { type Html, html } from '../html.ts';
import { hiddenFields, renderLayout } from '../layout.ts';
import { isSecretField } from './fields.ts';

/** All answers before they are applied. Secrets are "set" or "not set". */
export function renderCheckPage(
  frame: Frame,
  topics: readonly TopicView[],
  mistakes: readonly Mistake[] = [],
): string {
  const { texts } = frame;
  const isReady = topics.every((topic) => topic.state !== 'open' || topic.isOptional);
  return renderLayout(frame, {
    title: texts.check.title,
    isError: mistakes.length > 0,
    main: html`${errorSummary(mistakes, texts)}
<div class="card stack">
<h1>${texts.check.title}</h1>
<p class="lead">${texts.check.text}</p>
<dl class="answers">${topics.map((topic) => row(frame, topic))}</dl>
${
  isReady
    ? html`<form class="stack" method="post" action="/setup/apply">${hiddenFields(frame)}
<div class="actions"><button class="button" aria-describedby="apply-hint">${texts.check.apply}</button></div>
<p class="soft" id="apply-hint">${texts.check.applyHint}</p>${busyLine(texts)}</form>`
    : html`<p class="problem">${texts.check.missing}</p>`
}
</div>`,
  });
}

/** What the answers to a topic are, in a few words each. */
export function answerTexts(frame: Frame, topic: TopicView): readonly string[] {
  const { check } = frame.texts;
  if (topic.state === 'skipped') return [check.skipped];
  if (topic.state === 'open') return [check.open];
  const shown = topic.fields.flatMap((field) => {
    const text = fieldText(frame, field);
    return text === undefined
      ? []
      : [topic.fields.length === 1 ? text : `${frame.say(field.label)}: ${text}`];
  });
  return topic.from === 'card' ? [...shown, check.fromCard] : shown;
}

function row(frame: Frame, topic: TopicView): Html {
  const { check } = frame.texts;
  const name = frame.say(topic.short);
  const verb = topic.state === 'answered' ? check.change : check.answerNow;
  return html`<div><dt>${name}</dt>${answerTexts(frame, topic).map((text) => html`<dd>${text}</dd>`)}<dd class="change"><a href="/setup/${topic.id}" aria-label="${verb}: ${name}">${verb}</a></dd></div>`;
}

function fieldText({ say, texts }: Frame, field: FieldView): string | undefined {
  if (isSecretField(field)) {
    if (field.isSet) return texts.check.set;
    return field.isOptional ? undefined : texts.check.notSet;
  }
  const value = field.value ?? '';
  if (value === '') return undefined;
  const choice = field.choices?.find((one) => one.value === value);
  if (choice !== undefined) return say(choice.label);
  const [first = ''] = value.split('\n');
  return first.length > 60 || first !== value ? `${first.slice(0, 60)} …` : value;
}
