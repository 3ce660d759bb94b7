import { createHash } from 'node:crypto';
import type { RunView, StepView } from '../../events/fold.ts';
import { stepSigns } from '../drawings.ts';
import type { Frame } from '../frame.ts';
import { type Html, html, trusted } from '../html.ts';
import { hiddenFields, renderLayout } from '../layout.ts';

/** The addresses of the progress: one set during the setup, one for changes after it. */
export interface ProgressPaths {
  readonly page: string;
  readonly events: string;
  readonly retry: string;
  readonly skip: string;
  readonly log: string;
  /** Where answers can be changed when a step failed. */
  readonly answers: string;
  /** What browsers without scripts load again. The setup's own page is gone once it is done, `/` knows better. */
  readonly again: string;
}

export const setupProgress: ProgressPaths = {
  page: '/setup/progress',
  events: '/setup/events',
  retry: '/setup/retry',
  skip: '/setup/skip-step',
  log: '/setup/log/',
  answers: '/setup',
  again: '/',
};

export const changeProgress: ProgressPaths = {
  page: '/progress',
  events: '/progress/events',
  retry: '/progress/retry',
  skip: '/progress/skip-step',
  log: '/progress/log/',
  answers: '/',
  again: '/progress',
};

const reloadSeconds = 5;

/** What is being done, how far it is, and what failed. */
export function renderProgressPage(frame: Frame, run: RunView, paths: ProgressPaths): string {
  const { progress } = frame.texts;
  const title = paths === setupProgress ? progress.title : progress.changeTitle;
  const isMoving = run.state !== 'failed';
  return renderLayout(frame, {
    title: `${run.percent} % · ${title}`,
    ...(isMoving
      ? { reloads: { seconds: reloadSeconds, path: run.state === 'finished' ? '/' : paths.again } }
      : {}),
    main: html`<div class="card stack" id="run" data-events="${paths.events}" data-shape="${shapeOf(run)}">
<div class="tight" id="run-head">
<h1>${title}</h1>
<p class="lead">${run.state === 'finished' ? progress.finished : progress.text}</p>
</div>
<div class="tight">
<p class="percent" id="percent" role="status">${progressText(frame, run)}</p>
<progress max="100" value="${run.percent}" aria-label="${progress.bar}">${run.percent} %</progress>
</div>
<p class="lost" id="lost" role="status" hidden>${progress.connectionLost}</p>
<p id="moved" role="status" hidden>${progress.newName} <a href="/">/</a></p>
<ol class="steps" id="run-steps" aria-label="${progress.steps}">${run.steps.map((step, index) => stepRow(frame, step, { index, paths, isOver: run.state === 'failed' }))}</ol>
${run.state === 'finished' ? html`<p><a class="button" href="/">${progress.toStatus}</a></p>` : ''}
</div>
<form class="tight aside" method="post" action="/support-bundle" data-download>${hiddenFields(frame)}<button class="button plain small" aria-describedby="bundle-hint">${progress.bundle}</button><p class="soft" id="bundle-hint">${progress.bundleHint}</p></form>`,
  });
}

/** Says how far it is in one sentence. */
export function progressText({ texts }: Frame, run: RunView): string {
  if (run.steps.length === 0 && run.state !== 'finished') return texts.progress.waitingForPlan;
  return texts.progress.percent(run.percent);
}

/** Changes when the page needs more than new numbers and notes. */
export function shapeOf(run: RunView): string {
  const states = [run.state, ...run.steps.map((step) => `${step.id} ${step.state}`)];
  return createHash('sha256').update(states.join('\n')).digest('base64url').slice(0, 12);
}

/** What a running step says of itself. */
export function noteOf(frame: Frame, step: StepView): string {
  return step.note === undefined ? '' : frame.say(step.note);
}

function stepRow(
  frame: Frame,
  step: StepView,
  {
    index,
    paths,
    isOver,
  }: { readonly index: number; readonly paths: ProgressPaths; readonly isOver: boolean },
): Html {
  const { progress } = frame.texts;
  return html`<li>
<h2 class="step-title" id="step-${index}">${frame.say(step.title)}</h2>
<span class="state ${step.state === 'running' ? 'busy-state' : step.state}">${trusted(stepSigns[step.state])}${progress.states[step.state]}</span>
${step.state === 'running' ? html`<p class="soft" id="note-${step.id}">${noteOf(frame, step)}</p>` : ''}
${step.state === 'failed' ? failure(frame, step, { paths, isOver }) : ''}
${step.state === 'skipped' ? html`<p><a class="go" href="${paths.log}${step.id}">${progress.log}</a></p>` : ''}
</li>`;
}

/** While other steps are being done there is nothing to decide yet. */
function failure(
  frame: Frame,
  step: StepView,
  { paths, isOver }: { readonly paths: ProgressPaths; readonly isOver: boolean },
): Html {
  const { progress } = frame.texts;
  const { say } = frame;
  const title = say(step.title);
  return html`<div class="fail" role="alert">
<p><strong>${progress.failedTitle(title)}</strong></p>
${step.why === undefined ? '' : html`<p>${say(step.why)}</p>`}
${step.todo === undefined ? '' : html`<p>${say(step.todo)}</p>`}
<div class="buttons">
${isOver ? decisions(frame, step, paths) : ''}
<a class="button plain" href="${paths.log}${step.id}">${progress.log}</a>
</div>
</div>`;
}

function decisions(frame: Frame, step: StepView, paths: ProgressPaths): Html {
  const { progress } = frame.texts;
  return html`<form method="post" action="${paths.retry}">${hiddenFields(frame)}<button class="button">${progress.retry}</button></form>
${
  step.isOptional
    ? html`<form method="post" action="${paths.skip}">${hiddenFields(frame)}<input type="hidden" name="step" value="${step.id}"><button class="button quiet">${progress.skip}</button></form>`
    : ''
}
<a class="button plain" href="${paths.answers}">${progress.changeAnswers}</a>`;
}
