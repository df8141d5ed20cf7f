#include <microhttpd.h>

// Swift cannot call functions with a variable number of arguments.
static inline int striate_socket_of_connection(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *information =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return information ? (int)information->connect_fd : -1;
}
