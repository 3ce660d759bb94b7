/**
 * Programs that a build for another architecture may run natively, by their names in /usr/bin or /usr/sbin: they only
 * read and write files, so their results do not depend on the architecture.
 */
export const nativePrograms: readonly string[] = [
  ...words('sh dash bash sed grep find xargs mawk awk tar cpio cmp diff run-parts'),
  ...words('xz unxz xzcat zstd gzip'),
  ...words('perl dpkg-deb dpkg-split'),
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
];

/** Programs that look harmless but stay emulated, and why. */
export const emulatedOnPurpose: Readonly<Record<string, string>> = {
  dpkg: 'its built-in architecture is the answer to `dpkg --print-architecture`',
  'apt-get': 'its built-in architecture and its list of methods',
  uname: 'prints the machine',
  arch: 'prints the machine',
  ldconfig: 'sorts libraries by the ELF class of its own architecture',
  'ld.so': 'ldd must list the libraries of the image',
  systemctl: 'reads unit conditions such as ConditionArchitecture',
  getconf: 'prints word sizes of its own architecture',
  locale: 'reads locale archives through its own C library',
};

function words(list: string): string[] {
  return list.split(' ');
}
