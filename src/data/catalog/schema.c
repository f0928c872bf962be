#include "data/catalog/catalog.h"

const char CATALOG_SCHEMA_1[] =
    "CREATE TABLE dataset (\n"
    " id BIGINT PRIMARY KEY,\n"
    " name TEXT NOT NULL UNIQUE,\n"
    " agency BIGINT NOT NULL REFERENCES agency (id),\n"
    " title_zh TEXT NOT NULL, title_en TEXT NOT NULL,\n"
    " abstract_zh TEXT NOT NULL, abstract_en TEXT NOT NULL,\n"
    " code TEXT NOT NULL, theme TEXT NOT NULL,\n"
    " openness TEXT NOT NULL, sharing TEXT NOT NULL, update_cycle TEXT NOT NULL,\n"
    " schema TEXT,\n"          // Table Schema; NULL while not settled
    " search TEXT NOT NULL,\n" // derived: what a search looks in, ASCII in lower case
    " created BIGINT NOT NULL, updated BIGINT NOT NULL, etag BIGINT NOT NULL);\n"
    "CREATE INDEX dataset_agency ON dataset (agency);\n"
    "CREATE INDEX dataset_updated ON dataset (updated, id);\n"
    "CREATE TABLE version (\n"
    " id BIGINT PRIMARY KEY,\n" // the load's
    " dataset BIGINT NOT NULL REFERENCES dataset (id),\n"
    " number BIGINT NOT NULL,\n"
    " state TEXT NOT NULL,\n"
    " job BIGINT, account BIGINT,\n"
    " file TEXT NOT NULL, size BIGINT NOT NULL, digest TEXT NOT NULL,\n"
    " encoding TEXT, delimiter TEXT, header_row BIGINT,\n" // as asked for
    " hold BIGINT NOT NULL DEFAULT 0,\n"
    " received BIGINT NOT NULL, checked BIGINT, published BIGINT, withdrawn BIGINT,\n"
    " rows_in BIGINT, rows_kept BIGINT, rows_quarantined BIGINT, duplicates BIGINT,\n"
    " report TEXT, problem TEXT,\n"
    " schema TEXT,\n" // as it was for this version
    " idempotency_key TEXT,\n"
    " UNIQUE (dataset, number));\n"
    "CREATE UNIQUE INDEX version_open ON version (dataset)"
    " WHERE state IN ('received', 'checked');\n"
    "CREATE UNIQUE INDEX version_idempotency ON version (dataset, idempotency_key)"
    " WHERE idempotency_key IS NOT NULL;\n"
    "CREATE INDEX version_published ON version (dataset, published)"
    " WHERE state = 'published';\n"
    "CREATE TABLE lake_secret (name TEXT PRIMARY KEY, value TEXT NOT NULL);\n";
