/* SPDX-License-Identifier: MIT */
#ifndef APP_REDIS_LINK_H
#define APP_REDIS_LINK_H

#include "app/options.h"
#include "output/redis/feed.h"

/* app/redis_link.h - what Redis is told of the options. */

#define SENSOR_NAME_MAX 64

/* What is wrong with server and password file, and with the sensor's name, as far as it shows without asking the server. Each returns
 * 0, or a negative errno with *err, which names key and option. */
int redis_link_check_server(const struct options *o, struct error *err);
int redis_link_check_sensor(const struct options *o, struct error *err);
/* A sensor without a name of its own is called as the host. `host` is filled and must outlive the options. */
struct redis_feed_options redis_link_options(const struct options *o, char host[SENSOR_NAME_MAX + 1]);
/* For commands that end: sends what their store has for Redis, and tells it unless quiet. 0, or a negative
 * errno with *err. */
int redis_link_once(const struct options *o, struct error *err);

#endif
