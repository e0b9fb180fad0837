/** The network namespace of this process. linux/socket.h, net/core/net_namespace.c */
import koffi from 'koffi';
import { NetlinkError } from './error.ts';

const libc = koffi.load('libc.so.6');
const openSocket = libc.func('int socket(int domain, int type, int protocol)');
const getOption = libc.func(
  'int getsockopt(int fd, int level, int name, _Out_ uint64_t *value, _Inout_ uint32_t *size)',
);
const closeFd = libc.func('int close(int fd)');

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0x80000;
const SOL_SOCKET = 1;
const SO_NETNS_COOKIE = 71;

/**
 * A number that no other network namespace of this kernel has had since boot (SO_NETNS_COOKIE, Linux 5.14).
 *
 * @throws NetlinkError
 */
export function networkNamespaceCookie(): bigint {
  const fd = openSocket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0) as number;
  if (fd < 0) throw new NetlinkError('socket', koffi.errno());
  try {
    const value = [0n];
    if (getOption(fd, SOL_SOCKET, SO_NETNS_COOKIE, value, [8]) < 0)
      throw new NetlinkError('SO_NETNS_COOKIE', koffi.errno());
    return BigInt(value[0] ?? 0n);
  } finally {
    closeFd(fd);
  }
}
