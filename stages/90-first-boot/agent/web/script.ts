/**
 * The one script of all pages. Every page is complete without it: it shows passwords on demand, hides fields that do not
 * matter, takes the code out of the address, and keeps the progress and the status fresh.
 */
export const script = `
'use strict';
(() => {
const all = (what, where = document) => [...where.querySelectorAll(what)];
const one = (what) => document.querySelector(what);
const wait = (ms) => new Promise((go) => setTimeout(go, ms));

// The part of an address behind # never leaves the browser: a good place for a code.
const given = new URLSearchParams(location.hash.slice(1));
for (const name of ['code', 'link']) {
  const field = one('[data-from="' + name + '"]');
  if (!field || !given.get(name)) continue;
  field.value = given.get(name);
  const box = field.closest('details');
  if (box) box.open = true;
  history.replaceState(null, '', location.pathname + location.search);
  field.form.querySelector('button').focus();
}

for (const box of all('[data-show]')) {
  const field = box.querySelector('input');
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'button quiet small';
  button.textContent = box.dataset.show;
  button.setAttribute('aria-label', box.dataset.showLong);
  button.setAttribute('aria-pressed', 'false');
  button.onclick = () => {
    const isHidden = field.type === 'password';
    field.type = isHidden ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(isHidden));
  };
  field.form.addEventListener('submit', () => { field.type = 'password'; });
  box.append(button);
}

const errors = one('.errors');
if (errors) errors.focus();

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const list of all('select[data-new]')) if (all('option', list).some((option) => option.value === zone)) list.value = zone;
for (const field of all('input[data-new][list]')) if (all('option', field.list).some((option) => option.value === zone)) field.value = zone;

for (const form of all('form')) {
  const follow = () => {
    for (const part of all('[data-when]', form)) {
      const [name, ...values] = part.dataset.when.split(' ');
      const chosen = new FormData(form).get(name) ?? '';
      part.hidden = chosen !== '' && !values.includes(chosen);
      for (const field of all('input,select,textarea', part)) field.disabled = part.hidden;
    }
  };
  follow();
  form.addEventListener('change', follow);
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) return event.preventDefault();
    if ('download' in form.dataset) return;
    form.dataset.sent = 'yes';
    const button = event.submitter;
    if (!button || form.action.endsWith('/language')) return;
    button.setAttribute('aria-disabled', 'true');
    const say = one('#busy');
    if (say) setTimeout(() => { say.hidden = false; }, 400);
  });
}
addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });

const refresh = async (parts) => {
  const answer = await fetch(location.pathname, { cache: 'no-store' });
  if (!answer.ok || answer.redirected) throw new Error('moved');
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const id of parts) {
    const [old, now] = [document, fresh].map((page) => page.getElementById(id));
    if (!old || !now) continue;
    for (const { name, value } of now.attributes) old.setAttribute(name, value);
    if (old.innerHTML !== now.innerHTML) old.replaceChildren(...now.childNodes);
  }
};

const fresh = one('[data-refresh]');
if (fresh) (async () => {
  while (fresh.dataset.refresh) {
    await wait(3000);
    if (!document.hidden) await refresh(fresh.dataset.parts.split(' ')).catch(() => {});
  }
})();

const run = one('[data-events]');
if (run) {
  const source = new EventSource(run.dataset.events);
  let lastSeen = Date.now();
  let isBusy = false;
  const isSilent = () => Date.now() - lastSeen > 15000 || source.readyState === 2;
  setInterval(() => { one('#lost').hidden = !isSilent(); }, 1000);
  source.addEventListener('beat', () => { lastSeen = Date.now(); });
  source.onerror = async () => {
    if (source.readyState !== 2) return;
    await wait(2000);
    location.assign('/');
  };
  source.onmessage = async ({ data }) => {
    lastSeen = Date.now();
    const view = JSON.parse(data);
    one('progress').value = view.percent;
    if (one('#percent').textContent !== view.text) one('#percent').textContent = view.text;
    const note = document.getElementById('note-' + view.step);
    if (note && note.textContent !== view.note) note.textContent = view.note;
    if (view.home) {
      source.close();
      clearInterval();
      if (view.home !== '/') {
        one('#moved a').href = one('#moved a').textContent = view.home;
        one('#moved').hidden = false;
        return;
      }
      await wait(1500);
      location.assign('/');
    } else if (view.shape !== run.dataset.shape && !isBusy) {
      isBusy = true;
      await refresh(['run', 'run-head', 'run-steps']).catch(() => {});
      isBusy = false;
    }
  };
}

const away = one('[data-away]');
if (away) (async () => {
  const from = Date.now();
  let wasGone = false;
  for (;;) {
    await wait(2000);
    if (Date.now() - from > 240000) one('#slow').hidden = false;
    const answer = await fetch('/', { method: 'HEAD', cache: 'no-store', redirect: 'manual', signal: AbortSignal.timeout(4000) }).catch(() => undefined);
    if (answer === undefined) wasGone = true;
    else if (answer.status < 500 && (wasGone || Date.now() - from > 90000)) return location.assign('/');
  }
})();
})();
`.trim();
