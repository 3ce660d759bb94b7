import { existsSync, readdirSync, statSync } from 'node:fs';
import { at, read, refuse } from './device.mjs';

const lists = new Set(
  'tls-san disable kubelet-arg kube-proxy-arg kube-apiserver-arg kube-controller-manager-arg kube-scheduler-arg node-label node-taint airgap-extra-registry'.split(
    ' ',
  ),
);
const agentKeys =
  'token token-file data-dir node-name with-node-id node-ip node-external-ip node-label node-taint kubelet-arg kube-proxy-arg prefer-bundled-bin pause-image snapshotter private-registry flannel-iface resolv-conf selinux lb-server-port debug v log airgap-extra-registry'.split(
    ' ',
  );
const known = {
  agent: new Set([...agentKeys, 'server']),
  server: new Set([
    ...agentKeys,
    ...'server agent-token agent-token-file bind-address advertise-address https-listen-port tls-san tls-san-security write-kubeconfig write-kubeconfig-mode write-kubeconfig-group disable disable-cloud-controller disable-network-policy disable-helm-controller disable-kube-proxy disable-scheduler disable-apiserver disable-controller-manager disable-etcd flannel-backend flannel-ipv6-masq cluster-cidr service-cidr service-node-port-range cluster-dns cluster-domain cluster-init default-local-storage-path secrets-encryption secrets-encryption-provider datastore-endpoint embedded-registry helm-job-image egress-selector-mode kube-apiserver-arg kube-controller-manager-arg kube-scheduler-arg etcd-disable-snapshots etcd-snapshot-retention etcd-snapshot-schedule-cron'.split(
      ' ',
    ),
  ]),
};
const packaged = ['coredns', 'servicelb', 'traefik', 'local-storage', 'metrics-server', 'runtimes'];

function scalar(text, where) {
  if (/^".*"$/.test(text)) return JSON.parse(text);
  if (/^'.*'$/.test(text)) return text.slice(1, -1).replaceAll("''", "'");
  if (text === '' || /^[[{&*!|>%@`]/.test(text) || /: |\s#/.test(text))
    refuse(`${where}: can not read "${text}"`);
  return text;
}

/** The flat YAML of k3s: one key a line, texts or lists of texts. */
function parseConfig(text, file) {
  const values = new Map();
  let list;
  for (const [index, line] of text.split('\n').entries()) {
    const where = `${file}:${index + 1}`;
    if (/^\s*(#.*)?$/.test(line)) continue;
    const item = /^ {2,}- (.*)$/.exec(line) ?? /^- (.*)$/.exec(line);
    if (item !== null && list !== undefined) {
      list.push(scalar(item[1].trim(), where));
      continue;
    }
    const [, key, rest] =
      /^([a-z][a-z0-9-]*\+?):(?: +(.*))?$/.exec(line) ?? refuse(`${where}: not a key: ${line}`);
    if (values.has(key)) refuse(`${where}: ${key} is there twice`);
    list = rest === undefined ? [] : undefined;
    values.set(key, list ?? scalar(rest.trim(), where));
  }
  return values;
}

/** Reads a config file and the files of its folder `.d`, for a role: `server` or `agent`. */
export function readConfig(file, role) {
  const config = new Map();
  for (const path of [file, ...filesIn(`${file}.d`)]) {
    for (const [name, value] of parseConfig(read(path) ?? refuse(`${path} is not there`), path)) {
      const key = name.replace(/\+$/, '');
      checkKey(path, { key, value, role });
      config.set(key, name.endsWith('+') ? [...(config.get(key) ?? []), ...value] : value);
    }
  }
  checkValues(config);
  return config;
}

function filesIn(folder) {
  if (!existsSync(at(folder))) return [];
  const names = readdirSync(at(folder)).filter((name) => /\.ya?ml$/.test(name));
  return names.sort().map((name) => `${folder}/${name}`);
}

function checkKey(path, { key, value, role }) {
  if (!known[role].has(key)) refuse(`${path}: flag provided but not defined: -${key} (${role})`);
  if (Array.isArray(value) !== lists.has(key))
    refuse(`${path}: ${key} is ${lists.has(key) ? 'a list' : 'one text'}`);
}

function checkValues(config) {
  for (const name of config.get('disable') ?? [])
    if (!packaged.includes(name)) refuse(`disable: there is no component ${name}`);
  for (const key of ['token', 'agent-token'])
    if (config.has(key)) refuse(`${key}: a secret belongs in a file of its own, by ${key}-file`);
}

export function secretFile(path) {
  const { mode, uid } = statSync(at(path), { throwIfNoEntry: false }) ?? refuse(`${path} is not there`);
  if ((mode & 0o777) !== 0o600 || uid !== process.getuid())
    refuse(`${path} is not for root alone (mode 0600)`);
  const text = read(path).trim();
  return /^\S{16,}$/.test(text) ? text : refuse(`${path} is not a token`);
}
