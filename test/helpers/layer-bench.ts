import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { runInSandbox } from '../../builder/host/sandbox.ts';
import type { ToolsTree } from '../../builder/host/tools-tree.ts';
import { removeTree } from '../../builder/host/workspace.ts';
import { emptyTree, type Layer, type LayerStore, layerStore } from '../../builder/plan/layer-store.ts';
import type { BuildContext } from '../../builder/run/context.ts';
import { LiveTree } from '../../builder/run/live-tree.ts';

/** Times of files in layers are not later: 2026-01-01. */
export const epochSeconds = 1_767_225_600;

/** One file of a tree, all that an image keeps of it. `first` is the first path of a file with several links. */
export interface ListedFile {
  readonly path: string;
  readonly kind: string;
  readonly mode: string;
  readonly owner: string;
  readonly content: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly first: string;
  readonly time: string;
}

/** Changes a tree by shell text, keeps the changes as layers, and makes the tree again from them. */
export class LayerBench {
  readonly folder: string;
  readonly store: LayerStore;
  readonly layers: Layer[] = [];
  readonly live: LiveTree;
  readonly #tools: ToolsTree;
  readonly #context: BuildContext;

  private constructor(folder: string, tools: ToolsTree, store: LayerStore) {
    this.folder = folder;
    this.store = store;
    this.#tools = tools;
    this.#context = makeContext(folder, tools, store);
    this.live = new LiveTree(this.#context);
  }

  /** A bench with an empty tree; `of` shares the store of another one. */
  static async create(tools: ToolsTree, of?: LayerBench): Promise<LayerBench> {
    const folder = await mkdtemp(`${tmpdir()}/hearth-layers-`);
    const bench = new LayerBench(folder, tools, of?.store ?? layerStore(folder));
    await bench.live.enterStage('10-a');
    return bench;
  }

  /** Runs shell text in the tree, as root of the sandbox. */
  async change(script: string): Promise<void> {
    await runInSandbox({
      command: ['bash', '-euc', `mkdir -p "$1" && cd "$1"\n${script}`, 'bash', this.live.path],
      tools: this.#tools,
      binds: [{ path: this.folder, writable: true }],
      network: false,
    });
  }

  /** Changes the tree and keeps the change as a layer. */
  async step(script: string): Promise<Layer> {
    await this.live.bring(this.layers);
    await this.change(script);
    const number = this.layers.length;
    const layer = await this.live.pack({
      ...{ key: `layer${number}`, stage: '10-a', step: `${number}`, durationMs: 1 },
      before: this.layers.at(-1)?.tree ?? emptyTree,
    });
    this.layers.push(layer);
    return layer;
  }

  /** The tree as it is, sorted by path; times as an image shows them. */
  async list(): Promise<ListedFile[]> {
    const { stdout } = await runInSandbox({
      command: ['python3', '-c', listScript, this.live.path, String(epochSeconds)],
      tools: this.#tools,
      binds: [{ path: this.folder }],
      network: false,
    });
    return JSON.parse(stdout) as ListedFile[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeTree(this.folder);
  }
}

function makeContext(folder: string, tools: ToolsTree, store: LayerStore): BuildContext {
  return {
    ...{ projectDir: folder, cacheDir: folder, workDir: `${folder}/work`, logDir: `${folder}/logs` },
    ...{ store, tools, suite: 'trixie', isOffline: true, clock: undefined, epochSeconds, version: '0' },
    deviceMirror: { main: '', security: '' },
    emit: () => {},
    signal: new AbortController().signal,
  };
}

/** Written in Python, as names may be any bytes. Inodes, times of change and sizes of folders are left out. */
const listScript = `
import json, os, stat, sys
top, epoch = os.fsencode(sys.argv[1]), int(sys.argv[2]) * 10**9
text = lambda raw: raw.decode('ascii', 'backslashreplace')
files, seen = [], {}
def add(path):
    info = os.lstat(path)
    name = text(os.path.relpath(path, top))
    if stat.S_ISLNK(info.st_mode): content = os.readlink(path)
    elif stat.S_ISREG(info.st_mode): content = open(path, 'rb').read()
    else: content = b''
    first = name if stat.S_ISDIR(info.st_mode) else seen.setdefault(info.st_ino, name)
    files.append({
        'path': name, 'kind': oct(stat.S_IFMT(info.st_mode)), 'mode': oct(stat.S_IMODE(info.st_mode)),
        'owner': '%d:%d' % (info.st_uid, info.st_gid), 'content': text(content), 'first': first,
        'attributes': {key: os.getxattr(path, key, follow_symlinks=False).hex() for key in os.listxattr(path, follow_symlinks=False)},
        'time': str(min(info.st_mtime_ns, epoch)),
    })
    if stat.S_ISDIR(info.st_mode):
        for child in sorted(os.listdir(path)): add(os.path.join(path, child))
add(top)
print(json.dumps(files))
`;
