#!/usr/bin/node
// A stand-in for k3s in tests; never shipped. It runs pods of few kinds, and no image but those of the tests. What it does, it does as strictly as the real one or
// more: keys of its configuration, controllers, archives of container images, manifests, tokens, the call to systemd.
// program.ts makes one file of it, which works under any name: also as kubectl, crictl and ctr.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { makeCertificate } from './k3s/certificate.mjs';
import { checkDevice } from './k3s/checks.mjs';
import { ask, basic, joinServer, post } from './k3s/client.mjs';
import { startCluster } from './k3s/cluster/cluster.mjs';
import { readConfig } from './k3s/config.mjs';
import { env, keep, log, Refusal, read, refuse, say } from './k3s/device.mjs';
import { changeImages, importImages } from './k3s/images.mjs';
import { applyManifests } from './k3s/manifests.mjs';
import { listen, makeServer } from './k3s/server.mjs';

const version = 'v1.36.4+k3s1';

async function run(role, args) {
  const [flag, file = '/etc/rancher/k3s/config.yaml', ...more] = args;
  if ((flag !== undefined && flag !== '--config') || more.length > 0)
    refuse(`flags are not known here: ${args.join(' ')}`);
  if (Object.keys(env).some((name) => /^K3S_(TOKEN|AGENT_TOKEN|URL)/.test(name)))
    refuse('a token in the environment');
  const config = readConfig(file, role);
  const data = config.get('data-dir') ?? '/var/lib/rancher/k3s';
  checkDevice(config, data);
  await importImages(data);
  if (role === 'server') {
    makeServer(config, data);
    applyManifests(data);
    // A root folder of a test is no device: pods want a network and mounts.
    const hasPods = process.getuid() === 0 && env.HEARTH_UNDERSTUDY_ROOT === undefined;
    const cluster = startCluster(data, config.get('node-name') ?? hostname(), hasPods);
    await listen(config, data, cluster.kubectl);
    setInterval(() => applyManifests(data), 5_000);
    watchImages(data);
  } else {
    await joinServer(config);
    keep(`${data}/agent/client-kubelet.crt`, makeCertificate('kubelet').cert, 0o600);
    setInterval(() => {}, 60_000);
  }
  keep('/etc/rancher/node/password', `${randomBytes(16).toString('hex')}\n`, 0o600);
  log(`k3s is up and running (understudy, ${role})`);
  // For the process that starts it, so for this one: node can not write to a unix datagram socket.
  if (env.NOTIFY_SOCKET !== undefined && spawnSync('systemd-notify', ['--ready']).status !== 0)
    refuse('systemd could not be told');
}

/** What comes into the folder later is imported too; only while the list of imported ones can be kept. */
function watchImages(data) {
  let isBusy = false;
  setInterval(() => {
    if (isBusy || read(`${data}/agent/images/.cache.json`) === undefined) return;
    isBusy = true;
    void importImages(data)
      .catch((error) => log(`images: ${error.message}`))
      .finally(() => {
        isBusy = false;
      });
  }, 2_000);
}

function dataFolder() {
  const text = ['/etc/rancher/k3s/config.yaml.d/50-setup.yaml', '/etc/rancher/k3s/agent.yaml.d/50-setup.yaml']
    .map(read)
    .join('\n');
  return /^data-dir: "?([^"\n]+)/m.exec(text)?.[1] ?? '/var/lib/rancher/k3s';
}

async function kubectl(args) {
  if (read('/etc/rancher/k3s/k3s.yaml') === undefined) refuse('Unable to read /etc/rancher/k3s/k3s.yaml');
  const line = args.join(' ');
  const [, path] = /^get --raw(?:=| )(\/\S*)$/.exec(line) ?? [];
  const [, user, password] = /::(\w+):(\S+)/.exec(read(`${dataFolder()}/server/token`) ?? '') ?? [];
  if (line === 'completion bash') return say('# completion of kubectl\n');
  const port = env.HEARTH_UNDERSTUDY_PORT ?? 6443;
  if (path === undefined && line !== 'get nodes -o name') {
    const input = args.includes('-') ? readFileSync(0, 'utf8') : '';
    return await command(`https://127.0.0.1:${port}`, { args, input }, basic(user, password));
  }
  const { status, body } = await ask(
    `https://127.0.0.1:${port}`,
    path ?? '/api/v1/nodes',
    basic(user, password),
  );
  if (status !== 200) refuse(`Error from server: ${status} ${body}`);
  say(
    path === undefined
      ? JSON.parse(body)
          .map((name) => `node/${name}\n`)
          .join('')
      : body,
  );
}

/** The cluster does it; this only says what came of it. */
async function command(address, call, authorization) {
  const { status, body } = await post(address, '/understudy/kubectl', {
    authorization,
    body: JSON.stringify(call),
  });
  if (status !== 200) refuse(`Error from server: ${status} ${body}`);
  const { exitCode, stdout, stderr } = JSON.parse(body);
  process.stderr.write(stderr);
  say(stdout);
  process.exitCode = exitCode;
}

async function listImages(program, args) {
  if (program === 'ctr' && (await changeImages(dataFolder(), args))) return;

  if (!/^(images|image|i) (ls|list) -q$|^images( -q)?$/.test(args.join(' ')))
    refuse(`${program} ${args.join(' ')}: not known here`);
  const images = JSON.parse(
    read(`${dataFolder()}/agent/containerd/images.json`) ?? refuse('containerd does not run'),
  );
  const references = Object.keys(images);
  if (program === 'ctr' || args.includes('-q')) return say(references.map((one) => `${one}\n`).join(''));
  const rows = references
    .filter((one) => !one.includes('@'))
    .map((one) => `${one.replace(/:([^:]*)$/, '   $1')}   0123456789abc   1MB\n`);
  return say(`IMAGE   TAG   IMAGE ID   SIZE\n${rows.join('')}`);
}

async function main([program, ...args]) {
  if (program === 'server' || program === 'agent') return await run(program, args);
  if (program === '--version') return say(`k3s version ${version} (understudy)\n`);
  if (program === 'kubectl') return await kubectl(args);
  if (program === 'crictl' || program === 'ctr') return await listImages(program, args);
  if (program === 'completion') return say('# completion of k3s\n');
  refuse(`${[program, ...args].join(' ')}: not known here`);
}

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0));
const name = basename(process.argv[1]);
const links = ['kubectl', 'crictl', 'ctr'];
main([...(links.includes(name) ? [name] : []), ...process.argv.slice(2)]).catch((error) => {
  log(`Error: ${error instanceof Refusal ? error.message : error.stack}`);
  // What still listens must not keep it alive.
  process.exit(1);
});
