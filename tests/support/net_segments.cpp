// By itself, for <linux/tcp.h> and <netinet/tcp.h> define the same names.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <stdexcept>

namespace signet::test {

unsigned data_segments_sent(int fd);

unsigned data_segments_sent(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) throw std::runtime_error("TCP_INFO");
  return info.tcpi_data_segs_out;
}

}  // namespace signet::test
