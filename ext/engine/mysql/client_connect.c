/* libmysqlclient: options of a connection, and connecting.  TLS is enforced by the library itself.
** It has no list of allowed logins: the password in clear and the exchange under a key that the server hands
** out are switched off, so that over an unencrypted connection no server sees the password. */
#include "engine/mysql/client.h"

#ifndef CLIENT_NONBLOCKING

#include <pthread.h>

static void init_once(void)
{
    (void)mysql_library_init(0, NULL, NULL);
}

void client_library_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, init_once);
}

void client_thread_begin(void)
{
    (void)mysql_thread_init();
}

void client_thread_end(void)
{
    mysql_thread_end();
}

#ifdef LIBMARIADB
void client_options(MYSQL *mysql, enum client_tls tls, const char *ca, const char *cert,
                    const char *key)
{
    const client_bool enforce = tls >= TLS_PREFERRED, verify = tls >= TLS_REQUIRED;
    (void)mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &enforce);
    (void)mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    (void)mysql_ssl_set(mysql, key, cert, ca, NULL, NULL);
}
#else
void client_options(MYSQL *mysql, enum client_tls tls, const char *ca, const char *cert,
                    const char *key)
{
    static const enum mysql_ssl_mode modes[] = {SSL_MODE_DISABLED, SSL_MODE_PREFERRED,
                                                SSL_MODE_REQUIRED, SSL_MODE_VERIFY_CA,
                                                SSL_MODE_VERIFY_IDENTITY};
    const unsigned mode = (unsigned)modes[tls];
    const client_bool no = 0;

    /* MYSQL_OPT_RECONNECT stays alone: off by itself, and newer libraries print a warning about it. */
    (void)mysql_options(mysql, MYSQL_OPT_SSL_MODE, &mode);
    /* Never the password itself: not in clear, nor under a key that any server may hand out. */
    (void)mysql_options(mysql, MYSQL_ENABLE_CLEARTEXT_PLUGIN, &no);
    (void)mysql_options(mysql, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &no);
    if (ca)
        (void)mysql_options(mysql, MYSQL_OPT_SSL_CA, ca);
    if (cert)
        (void)mysql_options(mysql, MYSQL_OPT_SSL_CERT, cert);
    if (key)
        (void)mysql_options(mysql, MYSQL_OPT_SSL_KEY, key);
}
#endif

int client_connect(MYSQL *mysql, const char *host, const char *user, const char *password,
                   const char *database, int port, const char *socket, unsigned long flags,
                   enum client_tls tls, bool local, const char **why)
{
    (void)local;
    *why = NULL;
    if (!mysql_real_connect(mysql, host, user, password, database, (unsigned)port, socket, flags))
        return -1;
    if (tls >= TLS_REQUIRED && !mysql_get_ssl_cipher(mysql))
        *why = "the connection is not encrypted, and ssl_mode asks for it";
    return *why ? -1 : 0;
}

#endif
