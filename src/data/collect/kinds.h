/* data/collect/kinds: what a file is that is no table of text.
 *
 * Both look at the first bytes of a file (64 KiB are enough) and return a phrase for a message, "a
 * PNG image", or NULL. Any thread.
 */
#pragma once
#include "base/base.h"

const char *collect_kind_binary(struct ym_str head);
const char *collect_kind_text(struct ym_str head); // HTML, XML, JSON
