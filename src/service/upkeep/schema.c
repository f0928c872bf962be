#include "service/upkeep/upkeep.h"

// clock.SERVER: the newest wall clock that a server wrote; born: when this store was first served.
const char UPKEEP_SCHEMA_1[] =
    "CREATE TABLE upkeep_mark (name TEXT PRIMARY KEY, at BIGINT NOT NULL);\n";
