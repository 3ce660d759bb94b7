import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes a certificate for 127.0.0.1 that vouches for itself, valid for three days around the one so many days from now. */
export function certificateIn(
  root: string,
  daysFromNow: number,
): { readonly key: string; readonly cert: string } {
  const folder = join(root, 'ca');
  const inFolder = (name: string) => join(folder, name);
  mkdirSync(folder);
  writeFileSync(inFolder('index'), '');
  writeFileSync(inFolder('conf'), conf(folder));
  const openssl = (args: string) => {
    execFileSync('openssl', args.split(' '), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  };
  openssl('req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test -keyout key -out csr');
  const dates = `-startdate ${day(daysFromNow - 3)} -enddate ${day(daysFromNow + 3)}`;
  openssl(`ca -batch -selfsign -notext -config conf -extensions ext -keyfile key -in csr -out cert ${dates}`);
  return { key: readFileSync(inFolder('key'), 'utf8'), cert: readFileSync(inFolder('cert'), 'utf8') };
}

function conf(folder: string): string {
  return `[ca]
default_ca = this
[this]
database = ${folder}/index
new_certs_dir = ${folder}
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
[ext]
subjectAltName = IP:127.0.0.1
basicConstraints = CA:TRUE
`;
}

function day(daysFromNow: number): string {
  const date = new Date(Date.now() + daysFromNow * 86_400_000).toISOString();
  return `${date.slice(0, 10).replaceAll('-', '')}000000Z`;
}
