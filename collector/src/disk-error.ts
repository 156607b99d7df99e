/**
 * What a disk answers, in words of a person who has to mend it. Invariant: an error that tells of one part only (a bad
 * sector, a folder where a file belongs) is told apart from one that tells of the whole directory (no room, no right).
 */

/** The part cannot be read, whoever asks: it is set aside, and the others go on. */
const PART_CODES = new Set(['EIO', 'EISDIR', 'ENOTDIR', 'ELOOP', 'EBADMSG', 'EUCLEAN', 'ENODATA']);

/** Calls that change something: where one fails, what is there may be well, and must not be set aside for it. */
const CHANGES = new Set([
  ...['mkdir', 'rename', 'rm', 'rmdir', 'unlink'],
  ...['write', 'pwrite', 'ftruncate', 'fsync', 'fdatasync'],
]);

/** By code: what to do. OPTION stands for the option that named the directory. */
const ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'Give it to the user that the collector runs as (chown -R), or name another OPTION.',
  EPERM: 'Give it to the user that the collector runs as (chown -R), or name another OPTION.',
  EROFS: 'The disk is mounted read-only: mend it, and mount it for writing.',
  ENOSPC: 'The disk is full: make room. What was acknowledged is kept.',
  EDQUOT: 'The disk quota is used up: make room. What was acknowledged is kept.',
  EIO: 'The disk fails: look at the log of the kernel, and move the data directory to another.',
  ENOTDIR: 'A file stands where a directory belongs: move it away.',
  EEXIST: 'A file stands where a directory belongs: move it away.',
  EISDIR: 'A directory stands where a file belongs: move it away.',
  ELOOP: 'A link points at itself: remove it.',
  EMFILE: 'Too many files are open: raise the limit of the process (ulimit -n).',
  ENFILE: 'Too many files are open on this machine: raise fs.file-max.',
  ENOENT: 'A part of the path is missing, or went meanwhile: look at it, or name another OPTION.',
  ENAMETOOLONG: 'The name is too long: name a shorter OPTION.',
  EINVAL: 'The file system does not take it: name another OPTION.',
  EXDEV: 'Parts of the data directory lie on different disks: keep it on one.',
};

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** Whether it is this part that cannot be read; another may be well. */
export function isUnreadable(error: unknown): boolean {
  const call = error instanceof Error && 'syscall' in error ? String(error.syscall) : '';
  return PART_CODES.has(codeOf(error) ?? '') && !CHANGES.has(call);
}

/** Whether the disk takes nothing now, and may later: no room, or mounted read-only. */
export function isNoRoom(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EROFS'].includes(codeOf(error) ?? '');
}

/** A directory that somebody named, and with which option. */
export interface NamedDirectory {
  readonly directory: string;
  readonly option: string;
}

/** What failed on which path, and what to do; undefined when it is no error of a disk. */
export function describeDiskError(
  error: unknown,
  { directory, option }: NamedDirectory,
): string | undefined {
  const advice = ADVICE[codeOf(error) ?? '']?.replace('OPTION', option);
  if (advice === undefined || !(error instanceof Error) || !('syscall' in error)) {
    return undefined;
  }
  // What cannot be started is no part of a directory.
  if (String(error.syscall).startsWith('spawn')) return undefined;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : directory;
  return `${path}: ${error.message}. ${advice}`;
}
