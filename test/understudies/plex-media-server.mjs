#!/usr/bin/node
// Stands in for Plex Media Server in tests. Strict about what a real one only suffers from: it ends with 1 and says why.
import { createHash, randomUUID } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const support = process.env.PLEX_MEDIA_SERVER_APPLICATION_SUPPORT_DIR;
const port = Number(process.env.PLEX_UNDERSTUDY_PORT ?? 32_400);
const groups = process.env.PLEX_UNDERSTUDY_GROUPS ?? '/etc/group';
if (support === undefined) leave('PLEX_MEDIA_SERVER_APPLICATION_SUPPORT_DIR is not set');

const folder = join(support, 'Plex Media Server');
const settings = readSettings(join(folder, 'Preferences.xml'));
const machineId = settings.get('MachineIdentifier') ?? leave('no MachineIdentifier');
const processed = createHash('sha1').update(`${machineId}- Plex Media Server`).digest('hex');
if (settings.get('ProcessedMachineIdentifier') !== processed) leave('ProcessedMachineIdentifier is wrong');

const transcode = settings.get('TranscoderTempDirectory');
if (transcode !== undefined) {
  accessSync(transcode, constants.W_OK | constants.X_OK);
}
const [, mediaGroup] = /^media:[^:]*:(\d+):/m.exec(readFileSync(groups, 'utf8')) ?? [];
if (!process.getgroups().includes(Number(mediaGroup))) leave('not in the group media');

const isClaimed = (settings.get('PlexOnlineToken') ?? '') !== '' && settings.get('AcceptedEULA') === '1';

createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://plex').pathname;
  if (path === '/identity') {
    response.writeHead(200, { 'Content-Type': 'application/xml' });
    response.end(
      `<?xml version="1.0" encoding="UTF-8"?>\n<MediaContainer size="0" apiVersion="1.2.0" claimed="${isClaimed ? 1 : 0}" machineIdentifier="${processed}" version="1.43.5.11029-understudy">\n</MediaContainer>\n`,
    );
  } else if (path === '/web' || path === '/web/index.html') {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end('<!doctype html><title>Plex</title>');
  } else {
    response.writeHead(isClaimed ? 401 : 404);
    response.end();
  }
}).listen(port, () => console.log(`listening on ${port}`));

/** A Plex without settings gives itself an identity that nobody knows. */
function readSettings(file) {
  const text = readIfThere(file);
  if (text === undefined) {
    const id = randomUUID();
    const own = createHash('sha1').update(`${id}- Plex Media Server`).digest('hex');
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      file,
      `<?xml version="1.0" encoding="utf-8"?>\n<Preferences MachineIdentifier="${id}" ProcessedMachineIdentifier="${own}"/>\n`,
      { mode: 0o600 },
    );
    return readSettings(file);
  }
  const { mode, uid } = statSync(file);
  if (uid !== process.getuid()) leave('Preferences.xml belongs to somebody else');
  if ((mode & 0o077) !== 0) leave('Preferences.xml can be read by others');
  const [, attributes] =
    /^<\?xml version="1\.0" encoding="utf-8"\?>\n<Preferences((?: [A-Za-z]\w*="[^"<]*")+)\/>\n$/.exec(text) ??
    leave('Preferences.xml can not be read');
  return new Map([...attributes.matchAll(/ (\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function leave(why) {
  console.error(`plex understudy: ${why}`);
  process.exit(1);
}
