/**
 * Programs that a build for another architecture may run natively, by their names in /usr/bin or /usr/sbin: they only
 * read and write files, so their results do not depend on the architecture.
 */
export const nativePrograms: readonly string[] = [
  ...words('sh dash bash sed grep find xargs mawk awk tar cpio cmp diff run-parts'),
  ...words('xz unxz xzcat zstd gzip'),
  ...words('perl getopt logger'),
  // kmod reads and writes the modules' ELF files as data.
  ...words('kmod depmod modprobe modinfo lsmod insmod rmmod'),
  // coreutils, without arch, uname (print the machine), chroot and hostid
  ...words(
    '[ basename cat chgrp chmod chown cksum comm cp csplit cut date dd df dir dirname du echo env expand',
  ),
  ...words(
    'expr factor false fmt fold head id install join link ln logname ls md5sum mkdir mkfifo mknod mktemp',
  ),
  ...words(
    'mv nice nl nohup nproc numfmt od paste pathchk pr printenv printf ptx pwd readlink realpath rm rmdir',
  ),
  ...words(
    'seq sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum',
  ),
  ...words(
    'sync tac tail tee test timeout touch tr true truncate tsort tty unexpand uniq unlink vdir wc who',
  ),
  ...words('whoami yes'),
  'update-alternatives',
  // The compiled hardware database is little-endian on every machine.
  'systemd-hwdb',
  // Keys are random on every machine, and none of them gets into an image.
  'ssh-keygen',
  // In a chroot it only makes and removes links. A unit's conditions are looked at when it starts.
  'systemctl',
];

/**
 * The programs of dpkg know their architecture as one word in their data. The tools tree keeps a copy of each with the
 * word of the image's architecture in its place: what Debian's compiler does with the same source.
 */
export const dpkgPrograms: readonly string[] = words(
  'dpkg dpkg-deb dpkg-divert dpkg-query dpkg-realpath dpkg-split dpkg-statoverride dpkg-trigger',
);

/** A program that is native only if its first arguments are these. */
export interface NativeCall {
  readonly program: string;
  /** At most four. */
  readonly firstArguments: readonly string[];
}

/** Python's byte code is the same on every machine; what any other Python program asks for is not known. */
export const nativeCalls: readonly NativeCall[] = [
  { program: 'python3', firstArguments: ['/usr/bin/py3compile'] },
  { program: 'python3', firstArguments: ['/usr/bin/py3clean'] },
  ...[
    ['-E', '-S', '/usr/lib/python3.13/py_compile.py'],
    ['-m', 'py_compile'],
    // What py3compile asks the interpreter that it compiles for.
    ['-c', 'import sys; print(sys.implementation.cache_tag)'],
    ['-c', 'import importlib.util; print(importlib.util.MAGIC_NUMBER)'],
  ].map((firstArguments) => ({ program: 'python3.13', firstArguments })),
];

/** Programs that look harmless but stay emulated, and why. */
export const emulatedOnPurpose: Readonly<Record<string, string>> = {
  python3: 'os.uname(), struct.calcsize() and compiled modules are those of the image; only byte code is not',
  'apt-get': 'its built-in architecture and its list of methods',
  uname: 'prints the machine',
  arch: 'prints the machine',
  ldconfig: 'sorts libraries by the ELF class of its own architecture',
  'ld.so': 'ldd must list the libraries of the image',
  getconf: 'prints word sizes of its own architecture',
  locale: 'reads locale archives through its own C library',
  getent: 'asks the name services that the image has',
  useradd: 'asks the name services and PAM modules that the image has, and so do its sisters',
  'systemd-sysusers': 'asks the name services that the image has',
  'systemd-tmpfiles': 'has lines for one architecture (%a)',
  openssl: 'loads providers and engines that the image has',
  journalctl: 'half a second in all; the message catalogue is not worth a risk',
  'dracut-install': 'finds the libraries that a program of the image needs',
};

function words(list: string): string[] {
  return list.split(' ');
}
