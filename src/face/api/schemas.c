#include "face/api/api.h"

enum { SCHEMA_MAX = 8192 };

// components.schemas of the OpenAPI document, in JSON Schema 2020-12. Bodies refuse what they do
// not name; answers may gain members.
#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"
#define LIST(name)                                                                                 \
    "{\"type\":\"object\",\"required\":[\"items\",\"next\",\"total\"],\"properties\":{"            \
    "\"items\":{\"type\":\"array\",\"items\":" REF(name) "},\"next\":" REF(                        \
        "Cursor") ",\"total\":{\"type\":\"integer\"}}}"
#define TEXT         "{\"type\":\"string\"}"
#define INTEGER      "{\"type\":\"integer\"}"
#define BOOLEAN      "{\"type\":\"boolean\"}"
#define TEXT_OR_NULL "{\"type\":[\"string\",\"null\"]}"
// The core metadata of an entry (docs/catalogue.md), as members.
#define FACTS                                                                                      \
    "\"category\":" TEXT_OR_NULL ",\"format\":" TEXT_OR_NULL ",\"sharing_way\":" TEXT_OR_NULL      \
    ",\"sharing_condition\":" TEXT_OR_NULL ",\"sharing_basis\":" TEXT_OR_NULL                      \
    ",\"open_condition\":" TEXT_OR_NULL ",\"open_planned\":" TEXT_OR_NULL                          \
    ",\"closed_reason\":" TEXT_OR_NULL ",\"related\":" TEXT_OR_NULL ",\"contact\":" TEXT_OR_NULL   \
    ",\"contact_phone\":" TEXT_OR_NULL ",\"contact_mail\":" TEXT_OR_NULL
#define OR_NULL(name) "{\"anyOf\":[" REF(name) ",{\"type\":\"null\"}]}"

// What a new system and a change of one have in common.
#define SYSTEM_MEMBERS                                                                             \
    "\"title\":" REF("Text") ",\"level\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":5}"            \
    ",\"record\":" TEXT_OR_NULL                                                                    \
    ",\"state\":{\"enum\":[\"planned\",\"building\",\"running\",\"stopped\"]}"                           \
    ",\"place\":{\"enum\":[\"government_cloud\",\"own_room\",\"public_cloud\",\"other\"]}"               \
    ",\"network\":{\"enum\":[\"government_extranet\",\"internet\",\"own_network\",\"isolated\"]}"        \
    ",\"interface\":{\"enum\":[\"api\",\"database\",\"file\",\"none\"]}"                               \
    ",\"note\":" TEXT_OR_NULL                                                                      \
    ",\"offers\":{\"type\":\"array\",\"items\":" REF("SystemDatum") "}"                              \
    ",\"needs\":{\"type\":\"array\",\"items\":" REF("SystemDatum") "}"

static const struct {
    const char *name, *schema;
} schemas[] = {
    {"Id", "{\"type\":\"string\",\"pattern\":\"^[0-9]{1,19}$\"}"},
    {"Time", "{\"type\":\"string\",\"format\":\"date-time\"}"},
    {"Cursor", "{\"type\":[\"string\",\"null\"],\"description\":\"for `after`; null at the end\"}"},
    {"Text",
     "{\"type\":\"object\",\"description\":\"a text for people\",\"properties\":{"
     "\"zh\":" TEXT_OR_NULL ",\"en\":" TEXT_OR_NULL "},\"additionalProperties\":false}"},
    {"Problem",
     "{\"type\":\"object\",\"description\":\"RFC "
     "9457\",\"required\":[\"type\",\"title\",\"status\","
     "\"code\"],\"properties\":{\"type\":{\"type\":\"string\",\"format\":\"uri-reference\"}"
     ","
     "\"title\":" TEXT ",\"status\":" INTEGER ",\"code\":" TEXT ",\"subject\":" TEXT
     ",\"line\":" INTEGER ",\"hint\":" TEXT ",\"detail\":" TEXT "}}"},
    {"Health", "{\"type\":\"object\",\"required\":[\"ok\"],\"properties\":{\"ok\":" BOOLEAN
               ",\"failed\":" TEXT ",\"why\":" TEXT "}}"},
    {"HealthReport",
     "{\"type\":\"object\",\"required\":[\"ok\",\"checks\",\"alarms\"],\"properties\":{"
     "\"ok\":" BOOLEAN ",\"started_at\":" TEXT ",\"failing_since\":" TEXT_OR_NULL
     ",\"checks\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"name\":" TEXT
     ",\"ok\":" BOOLEAN ",\"code\":" TEXT_OR_NULL ",\"why\":" TEXT_OR_NULL
     "}}},\"alarms\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
     "\"code\":" TEXT ",\"night\":" BOOLEAN ",\"since\":" TEXT
     "}}},\"disk\":{\"type\":\"object\",\"properties\":{"
     "\"size\":" INTEGER ",\"free\":" INTEGER ",\"low\":" INTEGER
     "}},\"store\":{\"type\":\"object\",\"properties\":{\"size\":" INTEGER
     ",\"written_at\":" TEXT_OR_NULL "}},\"engine\":{\"type\":\"object\",\"properties\":{"
     "\"ready\":" BOOLEAN ",\"starts\":" INTEGER ",\"why\":" TEXT_OR_NULL
     "}},\"jobs\":{\"type\":\"object\",\"properties\":{\"waiting\":" INTEGER
     ",\"oldest_at\":" TEXT_OR_NULL "}},\"backup\":{\"type\":\"object\",\"properties\":{"
     "\"at\":" TEXT_OR_NULL ",\"proven_at\":" TEXT_OR_NULL ",\"proven_seconds\":" INTEGER
     ",\"promised_hours\":" INTEGER "}}}}"},
    {"Backup",
     "{\"type\":\"object\",\"required\":[\"name\",\"made_at\",\"full\",\"lake\",\"size\","
     "\"versions\"],\"properties\":{\"name\":" TEXT ",\"made_at\":" TEXT ",\"full\":" BOOLEAN
     ",\"lake\":" BOOLEAN ",\"size\":" INTEGER ",\"versions\":" INTEGER "}}"},
    {"BackupList", LIST("Backup")},
    {"NewBackup",
     "{\"type\":\"object\",\"properties\":{\"full\":" INTEGER "},\"additionalProperties\":false}"},
    {"Metrics", TEXT},
    {"OpenApi", "{\"type\":\"object\"}"},
    {"File", "{\"type\":\"string\",\"format\":\"binary\"}"},
    {"AgencyRef",
     "{\"type\":\"object\",\"required\":[\"id\",\"name\",\"title\"],\"properties\":{"
     "\"id\":" REF("Id") ",\"name\":" TEXT ",\"title\":" REF("Text") "}}"},
    {"Role",
     "{\"type\":\"string\",\"enum\":[\"administrator\",\"steward\",\"official\",\"analyst\","
     "\"auditor\",\"citizen\",\"security\",\"agency_administrator\",\"agency_auditor\"]}"},
    {"Grant",
     "{\"type\":\"object\",\"required\":[\"role\"],\"properties\":{\"role\":" REF(
         "Role") ",\"agency\":{\"type\":[\"string\",\"null\"],\"description\":\"name or id\"}},"
                 "\"additionalProperties\":false}"},
    {"HeldRole",
     "{\"type\":\"object\",\"required\":[\"role\",\"agency\"],\"properties\":{\"role\":" REF(
         "Role") ",\"agency\":" OR_NULL("AgencyRef") "}}"},
    {"Account",
     "{\"type\":\"object\",\"required\":[\"id\",\"name\",\"display_name\",\"role\",\"agency\","
     "\"roles\"],\"properties\":{\"id\":" REF(
         "Id") ",\"name\":" TEXT ",\"display_name\":" TEXT
               ",\"role\":" REF("Role") ",\"agency\":" OR_NULL(
                   "AgencyRef") ",\"locked\":" BOOLEAN ",\"state\":{\"type\":\"string\",\"enum\":["
                                "\"active\",\"locked\",\"invited\"]},"
                                "\"second_factor\":" BOOLEAN ",\"seen_at\":" OR_NULL(
                                    "Time") ",\"roles\":{\"type\":\"array\","
                                            "\"items\":" REF("HeldRole") "},"
                                                                         "\"invitation\""
                                                                         ":" REF("Invitation"
                                                                                 "Link") "}"
                                                                                         "}"},
    {"AccountList", LIST("Account")},
    {"NewAccount",
     "{\"type\":\"object\",\"required\":[\"name\",\"display_name\",\"role\"],"
     "\"properties\":{\"name\":" TEXT ",\"display_name\":" TEXT ",\"role\":" REF(
         "Role") ",\"agency\":{\"type\":[\"string\",\"null\"],\"description\":\"name or id\"},"
                 "\"password\":{\"type\":[\"string\",\"null\"],\"minLength\":10},"
                 "\"days\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":30,"
                 "\"description\":\"of the invitation\"}},\"additionalProperties\":false}"},
    {"AccountChange",
     "{\"type\":\"object\",\"required\":[\"display_name\"],\"properties\":{"
     "\"display_name\":" TEXT "},\"additionalProperties\":false}"},
    {"NewInvitation",
     "{\"type\":\"object\",\"properties\":{\"days\":{\"type\":\"integer\",\"minimum\":1,"
     "\"maximum\":30}},\"additionalProperties\":false}"},
    {"InvitationLink",
     "{\"type\":\"object\",\"required\":[\"secret\",\"link\",\"expires_at\"],\"properties\":{"
     "\"secret\":" TEXT ",\"link\":" TEXT ",\"expires_at\":" REF("Time") "}}"},
    {"InvitationSecret",
     "{\"type\":\"object\",\"required\":[\"secret\"],\"properties\":{\"secret\":" TEXT
     "},\"additionalProperties\":false}"},
    {"AcceptInvitation",
     "{\"type\":\"object\",\"required\":[\"secret\",\"password\"],\"properties\":{\"secret\":" TEXT
     ",\"password\":{\"type\":\"string\",\"minLength\":10}},\"additionalProperties\":false}"},
    {"Invitation",
     "{\"type\":\"object\",\"required\":[\"name\",\"display_name\",\"expires_at\"],"
     "\"properties\":{\"name\":" TEXT ",\"display_name\":" TEXT
     ",\"expires_at\":" REF("Time") "}}"},
    {"NewPassword",
     "{\"type\":\"object\",\"required\":[\"old\",\"password\"],\"properties\":{\"old\":" TEXT
     ",\"password\":{\"type\":\"string\",\"minLength\":10}},\"additionalProperties\":false}"},
    {"OwnPassword",
     "{\"type\":\"object\",\"required\":[\"password\"],\"properties\":{\"password\":" TEXT
     "},\"additionalProperties\":false}"},
    {"Renewed", "{\"type\":\"object\",\"required\":[\"csrf\"],\"properties\":{\"csrf\":" TEXT "}}"},
    {"FactorSecret",
     "{\"type\":\"object\",\"required\":[\"secret\",\"uri\",\"qr\"],\"properties\":{"
     "\"secret\":" TEXT ",\"uri\":" TEXT ",\"qr\":{\"type\":\"array\",\"items\":" TEXT "}}}"},
    {"FactorCode", "{\"type\":\"object\",\"required\":[\"code\"],\"properties\":{\"code\":" TEXT
                   "},\"additionalProperties\":false}"},
    {"RecoveryCodes",
     "{\"type\":\"object\",\"required\":[\"csrf\",\"recovery_codes\"],\"properties\":{"
     "\"csrf\":" TEXT ",\"recovery_codes\":{\"type\":\"array\",\"items\":" TEXT "}}}"},
    {"OwnSession",
     "{\"type\":\"object\",\"required\":[\"id\",\"created_at\",\"seen_at\",\"address\",\"agent\","
     "\"current\"],\"properties\":{\"id\":" REF("Id") ",\"created_at\":" REF(
         "Time") ",\"seen_at\":" REF("Time") ",\"address\":" TEXT ",\"agent\":" TEXT
                                             ",\"current\":" BOOLEAN "}}"},
    {"SessionList", LIST("OwnSession")},
    {"AuditLine",
     "{\"type\":\"object\",\"required\":[\"id\",\"at\",\"account\",\"name\",\"via\",\"agency\","
     "\"what\",\"about\",\"result\",\"address\"],\"properties\":{\"id\":" REF("Id") ",\"at\":" REF(
         "Time") ",\"account\":" OR_NULL("Id") ",\"name\":" TEXT
                                               ",\"via\":{\"type\":\"string\",\"enum\":["
                                               "\"session\",\"token\",\"operator\",\"command\","
                                               "\"nobody\"]},\"agency\":" OR_NULL(
                                                   "AgencyRef") ",\"what\":" TEXT ",\"about\":" TEXT
                                                                ",\"result\":" TEXT
                                                                ",\"address\":" TEXT "}}"},
    {"AuditList", LIST("AuditLine")},
    {"Csv", "{\"type\":\"string\"}"},
    {"OwnAccount",
     "{\"type\":\"object\",\"required\":[\"id\",\"name\",\"display_name\",\"role\",\"agency\","
     "\"roles\",\"second_factor\",\"recovery_codes\"],\"properties\":{\"id\":" TEXT
     ",\"name\":" TEXT ",\"display_name\":" TEXT ",\"role\":" REF("Role") ",\"agency\":" OR_NULL(
         "AgencyRef") ",\"roles\":{\"type\":\"array\",\"items\":" REF("HeldRole") "},\"second_"
                                                                                  "factor\":{"
                                                                                  "\"type\":"
                                                                                  "\"string\","
                                                                                  "\"enum\":["
                                                                                  "\"on\",\"off\","
                                                                                  "\"needed\"]},"
                                                                                  "\"recovery_"
                                                                                  "codes\":" INTEGER
                                                                                  "}}"},
    {"Session",
     "{\"type\":\"object\",\"required\":[\"account\",\"csrf\",\"demo\",\"place\",\"version\"],"
     "\"properties\":{\"account\":" OR_NULL("OwnAccount") ",\"csrf\":" TEXT_OR_NULL
                                                          ",\"demo\":" BOOLEAN ",\"place\":" REF(
                                                              "Text") ",\"version\":" TEXT "}}"},
    {"NewSession",
     "{\"type\":\"object\",\"required\":[\"name\",\"password\"],\"properties\":{\"name\":" TEXT
     ",\"password\":" TEXT
     ",\"code\":{\"type\":\"string\",\"description\":\"of the second factor, or "
     "a recovery code\"}},\"additionalProperties\":false}"},
    {"Scope",
     "{\"type\":\"string\",\"enum\":[\"read\",\"load\",\"edit\",\"manage\",\"audit\",\"account\","
     "\"all\"]}"},
    {"Token",
     "{\"type\":\"object\",\"required\":[\"id\",\"title\",\"scopes\"],\"properties\":{\"id\":" REF(
         "Id") ",\"title\":" TEXT
               ",\"scopes\":{\"type\":\"array\",\"items\":" REF("Scope") "},\"created_at\":" REF(
                   "Time") ",\"expires_at\":" OR_NULL("Time") ",\"used_at\":" OR_NULL("Time") "}}"},
    {"TokenList", LIST("Token")},
    {"NewToken",
     "{\"type\":\"object\",\"required\":[\"title\",\"days\"],\"properties\":{\"title\":" TEXT
     ",\"days\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":366},\"scopes\":{\"type\":"
     "\"array\","
     "\"description\":\"without it: all\",\"items\":" REF(
         "Scope") "}},\"additionalProperties\":false}"},
    {"CreatedToken",
     "{\"type\":\"object\",\"required\":[\"id\",\"title\",\"token\"],\"properties\":{\"id\":" REF(
         "Id") ",\"title\":" TEXT
               ",\"scopes\":{\"type\":\"array\",\"items\":" REF("Scope") "},\"token\":" TEXT "}}"},
    {"Region",
     "{\"type\":\"object\",\"required\":[\"code\",\"name\",\"level\",\"parent\",\"children\"],"
     "\"properties\":{\"code\":" TEXT ",\"name\":" TEXT
     ",\"level\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":5},\"parent\":" TEXT_OR_NULL
     ",\"children\":" INTEGER "}}"},
    {"RegionList", LIST("Region")},
    {"Contact",
     "{\"type\":\"object\",\"properties\":{\"name\":" TEXT_OR_NULL ",\"phone\":" TEXT_OR_NULL
     ",\"mail\":" TEXT_OR_NULL "},\"additionalProperties\":false}"},
    {"Agency",
     "{\"type\":\"object\",\"required\":[\"id\",\"name\",\"title\",\"credit_code\",\"region\","
     "\"datasets\",\"parent\",\"closed_at\",\"contact\"],\"properties\":{\"id\":" REF(
         "Id") ",\"name\":" TEXT
               ",\"title\":" REF("Text") ",\"credit_code\":" TEXT_OR_NULL
                                         ",\"region\":" TEXT_OR_NULL ",\"datasets\":" INTEGER
                                         ",\"parent\":" OR_NULL("Id") ",\"closed_at\":" OR_NULL(
                                             "Time") ",\"contact\":" REF("Contact") "}}"},
    {"AgencyList", LIST("Agency")},
    {"NewAgency",
     "{\"type\":\"object\",\"required\":[\"name\",\"title\"],\"properties\":{\"name\":" TEXT
     ",\"title\":" REF("Text") ",\"credit_code\":" TEXT_OR_NULL ",\"region\":" TEXT_OR_NULL
                               ",\"parent\":{\"type\":[\"string\",\"null\"],\"description\":\"name "
                               "or id\"},\"contact\":" REF(
                                   "Contact") "},\"additionalProperties\":false}"},
    {"AgencyChange", "{\"type\":\"object\",\"properties\":{\"title\":" REF(
                         "Text") ",\"credit_code\":" TEXT_OR_NULL ",\"region\":" TEXT_OR_NULL
                                 ",\"parent\":{\"type\":[\"string\",\"null\"],"
                                 "\"description\":\"name or id; empty: none\"},\"contact\":" REF(
                                     "Contact") "},\"additionalProperties\":false}"},
    {"Openness", "{\"type\":\"string\",\"enum\":[\"open\",\"conditional\",\"closed\"]}"},
    {"Sharing", "{\"type\":\"string\",\"enum\":[\"unconditional\",\"conditional\",\"withheld\"]}"},
    {"UpdateCycle",
     "{\"type\":\"string\",\"enum\":[\"realtime\",\"hour\",\"day\",\"week\",\"month\","
     "\"quarter\",\"half_year\",\"year\",\"irregular\",\"never\"]}"},
    {"Figures",
     "{\"type\":\"object\",\"required\":[\"datasets\",\"mounted\",\"fresh\",\"late\"],"
     "\"properties\":{\"datasets\":" INTEGER ",\"mounted\":" INTEGER ",\"fresh\":" INTEGER
     ",\"late\":" INTEGER ",\"rows\":{\"type\":\"object\"},\"sharing\":{\"type\":\"object\"},"
     "\"openness\":{\"type\":\"object\"},\"plan\":{\"type\":\"object\"}}}"},
    {"Overview",
     "{\"type\":\"object\",\"required\":[\"at\",\"all\",\"agencies\",\"regions\"],"
     "\"properties\":{"
     "\"at\":" REF("Time") ",\"all\":" REF(
         "Figures") ",\"agencies\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
                    "\"properties\":{"
                    "\"agency\":" REF("AgencyRef") ",\"region\":" TEXT_OR_NULL ",\"figures\":" REF(
                        "Figures") "}}},\"regions\":{\"type\":\"array\","
                                   "\"items\":{\"type\":"
                                   "\"object\","
                                   "\"properties\":{"
                                   "\"region\":" TEXT_OR_NULL ",\"name\":" TEXT
                                   ",\"figures\":" REF("Figures") "}}}}}"},
    {"Review",
     "{\"type\":\"object\",\"required\":[\"act\"],\"properties\":{\"act\":{\"enum\":["
     "\"submit\",\"publish\",\"send_back\"]},\"reason\":" TEXT_OR_NULL
     "},\"additionalProperties\":false}"},
    {"TableSchema",
     "{\"type\":\"object\",\"description\":\"Frictionless Table Schema, docs/schema.md\","
     "\"properties\":{\"fields\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}}"},
    {"Version",
     "{\"type\":\"object\",\"required\":[\"number\",\"state\",\"rows\"],\"properties\":{"
     "\"number\":" INTEGER
     ",\"state\":{\"type\":\"string\",\"enum\":[\"published\",\"withdrawn\",\"retired\"]},"
     "\"published_at\":" OR_NULL("Time") ",\"received_at\":" OR_NULL(
         "Time") ",\"file\":" TEXT_OR_NULL
                 ",\"rows\":{\"type\":\"object\",\"properties\":{\"in\":" INTEGER
                 ",\"kept\":" INTEGER ",\"quarantined\":" INTEGER ",\"duplicates\":" INTEGER
                 ",\"dropped\":" INTEGER "}},\"load\":" OR_NULL(
                     "Id") ",\"current\":" BOOLEAN ",\"note\":" TEXT_OR_NULL
                           ",\"act\":" TEXT_OR_NULL ",\"reason\":" TEXT_OR_NULL
                           ",\"acted_at\":" OR_NULL("Time") ",\"report\":" OR_NULL("Report") "}}"},
    {"VersionList", LIST("Version")},
    {"VersionAct",
     "{\"type\":\"object\",\"properties\":{\"reason\":{\"type\":\"string\","
     "\"maxLength\":1000}},\"additionalProperties\":false}"},
    {"RetentionPolicy",
     "{\"type\":\"object\",\"properties\":{\"keep_versions\":" INTEGER ",\"keep_days\":" INTEGER
     ",\"hold\":" BOOLEAN ",\"reason\":" TEXT "},\"additionalProperties\":false}"},
    {"Retention",
     "{\"type\":\"object\",\"required\":[\"keep_versions\",\"keep_days\",\"hold\",\"reason\","
     "\"due\"],\"properties\":{\"keep_versions\":" INTEGER ",\"keep_days\":" INTEGER
     ",\"hold\":" BOOLEAN ",\"reason\":" TEXT ",\"updated_at\":" OR_NULL(
         "Time") ",\"due\":{\"type\":\"array\",\"items\":" REF("Version") "}}}"},
    {"Diff",
     "{\"type\":\"object\",\"required\":[\"dataset\",\"from\",\"to\",\"key\",\"fields\","
     "\"counts\",\"items\",\"next\",\"total\"],\"properties\":{\"dataset\":" TEXT
     ",\"from\":" INTEGER ",\"to\":" INTEGER ",\"key\":{\"type\":\"array\",\"items\":" TEXT
     "},\"fields\":{\"type\":\"array\",\"items\":" TEXT
     "},\"counts\":{\"type\":\"object\",\"required\":[\"added\",\"removed\",\"changed\","
     "\"same\"],\"properties\":{\"added\":" INTEGER ",\"removed\":" INTEGER ",\"changed\":" INTEGER
     ",\"same\":" INTEGER
     "}},\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
     "\"kind\":{\"type\":\"string\",\"enum\":[\"added\",\"removed\",\"changed\"]},"
     "\"changed\":{\"type\":\"array\",\"items\":" TEXT
     "},\"from\":{\"type\":[\"object\",\"null\"]},\"to\":{\"type\":[\"object\",\"null\"]}}}},"
     "\"next\":" REF("Cursor") ",\"total\":" INTEGER "}}"},
    {"Dataset",
     "{\"type\":\"object\",\"required\":[\"id\",\"title\",\"abstract\",\"code\",\"agency\","
     "\"theme\","
     "\"openness\",\"sharing\",\"update_cycle\",\"created_at\",\"updated_at\",\"etag\","
     "\"current\","
     "\"may\"],\"properties\":{\"id\":" TEXT ",\"title\":" REF("Text") ",\"abstract\":" REF("Text") ",\"code\":" TEXT_OR_NULL "," FACTS ",\"state\":" TEXT ",\"released_at\":" OR_NULL(
         "Time") ",\"freshness\":" TEXT_OR_NULL ",\"gaps\":{\"type\":\"array\",\"items\":" TEXT
                 "},\"review_note\":" TEXT_OR_NULL
                 ",\"agency\":" REF("AgencyRef") ",\"theme\":" TEXT ",\"openness\":" REF("Openness") ",\"sharing\":" REF(
                     "Sha"
                     "rin"
                     "g") ",\"update_cycle\":" REF("UpdateCycle") ",\"created_at\":" REF("Time") ","
                                                                                                 "\"updated_at\":" REF(
                                                                                                     "Time") ",\"etag\""
                                                                                                             ":" TEXT
                                                                                                             ",\"curren"
                                                                                                             "t\""
                                                                                                             ":" OR_NULL(
                                                                                                                 "Versi"
                                                                                                                 "on") ",\""
                                                                                                                       "may"
                                                                                                                       "\":"
                                                                                                                       "{"
                                                                                                                       "\"t"
                                                                                                                       "ype"
                                                                                                                       "\":"
                                                                                                                       "\"o"
                                                                                                                       "bje"
                                                                                                                       "ct"
                                                                                                                       "\","
                                                                                                                       "\"p"
                                                                                                                       "rop"
                                                                                                                       "ert"
                                                                                                                       "ies"
                                                                                                                       "\":"
                                                                                                                       "{"
                                                                                                                       "\"r"
                                                                                                                       "ead"
                                                                                                                       "\""
                                                                                                                       ":" BOOLEAN
                                                                                                                       ",\""
                                                                                                                       "loa"
                                                                                                                       "d\""
                                                                                                                       ":" BOOLEAN
                                                                                                                       ",\""
                                                                                                                       "edi"
                                                                                                                       "t\""
                                                                                                                       ":" BOOLEAN
                                                                                                                       "}},"
                                                                                                                       "\"s"
                                                                                                                       "che"
                                                                                                                       "ma"
                                                                                                                       "\""
                                                                                                                       ":" OR_NULL(
                                                                                                                           "Ta"
                                                                                                                           "bl"
                                                                                                                           "eS"
                                                                                                                           "ch"
                                                                                                                           "em"
                                                                                                                           "a") ",\"recipe\":" OR_NULL("Recipe") "}}"},
    {"Recipe",
     "{\"type\":\"object\",\"description\":\"how a file is read; what is absent is found\","
     "\"properties\":{\"format\":" TEXT ",\"encoding\":" TEXT ",\"delimiter\":" TEXT
     ",\"sheet\":" TEXT ",\"skip\":" TEXT
     ",\"header_row\":{\"type\":\"integer\",\"minimum\":-1},\"header_rows\":{\"type\":\"integer\","
     "\"minimum\":0,\"maximum\":5}},\"additionalProperties\":false}"},
    {"RecipeAnswer",
     "{\"type\":\"object\",\"required\":[\"recipe\"],\"properties\":{\"recipe\":" OR_NULL(
         "Recipe") "}}"},
    {"FacetValue",
     "{\"type\":\"object\",\"required\":[\"value\",\"count\"],\"properties\":{"
     "\"value\":" TEXT ",\"title\":" REF("Text") ",\"count\":" INTEGER "}}"},
    {"DatasetList",
     "{\"allOf\":[" LIST(
         "Dataset") ",{\"type\":\"object\",\"required\":[\"facets\"],\"properties\":{"
                    "\"facets\":{\"type\":\"object\",\"additionalProperties\":{\"type\":"
                    "\"array\","
                    "\"items\":" REF("FacetValue") "}}}}]}"},
    {"NewDataset",
     "{\"type\":\"object\",\"required\":[\"id\",\"title\",\"theme\",\"openness\","
     "\"sharing\","
     "\"update_cycle\"],\"properties\":{\"id\":{\"type\":\"string\","
     "\"pattern\":\"^[a-z][a-z0-9_]{0,62}[.][a-z][a-z0-9_]{0,62}$\"},\"title\":" REF(
         "Text") ",\"abstract\":" REF("Text") ",\"code\":" TEXT_OR_NULL ",\"state\":" TEXT "," FACTS
                                              ",\"agency\":{\"type\":[\"string\",\"null\"],"
                                              "\"description\":\"name or id; without it the "
                                              "space\"}"
                                              ",\"theme\":" TEXT
                                              ",\"openness\":" REF("Openness") ",\"sharing\":" REF("Sharing") ",\"update_cycle\":" REF(
                                                  "UpdateCycle") ",\"schema\""
                                                                 ":" OR_NULL("TableS"
                                                                             "chem"
                                                                             "a") "}"
                                                                                  ","
                                                                                  "\"add"
                                                                                  "i"
                                                                                  "t"
                                                                                  "i"
                                                                                  "o"
                                                                                  "n"
                                                                                  "a"
                                                                                  "l"
                                                                                  "P"
                                                                                  "r"
                                                                                  "o"
                                                                                  "p"
                                                                                  "e"
                                                                                  "r"
                                                                                  "t"
                                                                                  "i"
                                                                                  "e"
                                                                                  "s"
                                                                                  "\":"
                                                                                  "f"
                                                                                  "a"
                                                                                  "l"
                                                                                  "s"
                                                                                  "e"
                                                                                  "}"},
    {"DatasetChange",
     "{\"type\":\"object\",\"properties\":{\"title\":" REF("Text") ",\"abstract\":" REF(
         "Text") ",\"code\":" TEXT_OR_NULL "," FACTS ",\"theme\":" TEXT
                 ",\"openness\":" REF("Openness") ",\"sharing\":" REF(
                     "Sharing") ",\"update_"
                                "cycle\":" REF("Up"
                                               "da"
                                               "te"
                                               "Cy"
                                               "cl"
                                               "e") ",\"schema\":" OR_NULL("Tab"
                                                                           "leS"
                                                                           "che"
                                                                           "ma") "},"
                                                                                 "\"addit"
                                                                                 "ionalPr"
                                                                                 "opertie"
                                                                                 "s\""
                                                                                 ":false"
                                                                                 "}"},
    {"Attachment",
     "{\"type\":\"object\",\"required\":[\"id\",\"file\",\"size\"],\"properties\":{\"id\":" REF(
         "Id") ",\"file\":" TEXT ",\"size\":" INTEGER ",\"sha256\":" TEXT
               ",\"created_at\":" REF("Time") "}}"},
    {"AttachmentList", LIST("Attachment")},
    {"Subscription",
     "{\"type\":\"object\",\"required\":[\"subscribed\"],\"properties\":{\"subscribed\":" BOOLEAN
     "}}"},
    {"News",
     "{\"type\":\"object\",\"required\":[\"id\",\"at\",\"event\",\"dataset\"],\"properties\":{"
     "\"id\":" REF("Id") ",\"at\":" REF("Time") ",\"event\":" TEXT ",\"detail\":" TEXT_OR_NULL
                                                ",\"dataset\":" TEXT
                                                ",\"title\":" REF("Text") "}}"},
    {"NewsList", LIST("News")},
    {"FieldSource",
     "{\"type\":\"object\",\"required\":[\"field\"],\"properties\":{\"field\":" TEXT
     ",\"agency\":" TEXT_OR_NULL ",\"note\":" TEXT_OR_NULL "},\"additionalProperties\":false}"},
    {"FieldHolder", "{\"type\":\"object\",\"properties\":{\"dataset\":" TEXT ",\"title\":" REF(
                        "Text") ",\"agency\":" REF("AgencyRef") ",\"column\":" TEXT "}}"},
    {"SharedField",
     "{\"type\":\"object\",\"required\":[\"field\",\"title\",\"holders\"],\"properties\":{"
     "\"field\":" TEXT ",\"title\":" TEXT ",\"agencies\":" INTEGER ",\"holders\":"
     "{\"type\":\"array\",\"items\":" REF("FieldHolder") "}"
                                                         ",\"source\":"
                                                         "{\"type\":[\"object\",\"null\"]}"
                                                         "}}"},
    {"SharedFieldList", LIST("SharedField")},
    {"ImportReport",
     "{\"type\":\"object\",\"required\":[\"imported\",\"lines\",\"added\",\"changed\","
     "\"unchanged\",\"wrong\",\"items\"],\"properties\":{\"agency\":" TEXT ",\"imported\":" BOOLEAN
     ",\"lines\":" INTEGER ",\"added\":" INTEGER ",\"changed\":" INTEGER ",\"unchanged\":" INTEGER
     ",\"wrong\":" INTEGER ",\"items\":"
     "{\"type\":\"array\",\"items\":{\"type\":\"object\"}}"
     "}}"},
    {"SystemDatum", "{\"type\":\"object\",\"required\":[\"title\"],\"properties\":{\"title\":" TEXT
                    ",\"dataset\":" TEXT_OR_NULL "}}"},
    {"System",
     "{\"type\":\"object\",\"required\":[\"id\",\"agency\",\"title\",\"gates\",\"etag\"],"
     "\"properties\":{\"id\":" REF("Id") ",\"agency\":" REF("AgencyRef") ",\"title\":" REF(
         "Text") ",\"level\":"
                 "{\"type\":\"integer\",\"minimum\":0,\"maximum\":5}"
                 ",\"record\":" TEXT_OR_NULL ",\"state\":"
                 "{\"enum\":[\"planned\",\"building\",\"running\",\"stopped\"]}"
                 ",\"place\":"
                 "{\"enum\":[\"government_cloud\",\"own_room\",\"public_cloud\",\"other\"]}"
                 ",\"network\":"
                 "{\"enum\":[\"government_extranet\",\"internet\",\"own_network\",\"isolated\"]}"
                 ",\"interface\":"
                 "{\"enum\":[\"api\",\"database\",\"file\",\"none\"]}"
                 ",\"note\":" TEXT_OR_NULL ",\"offers\":"
                 "{\"type\":\"array\",\"items\":" REF(
                     "SystemDatum") "}"
                                    ",\"needs\":"
                                    "{\"type\":\"array\",\"items\":" REF(
                                        "SystemDatum") "}"
                                                       ",\"gates\":"
                                                       "{\"type\":\"object\"}"
                                                       ",\"updated_at\":" REF(
                                                           "Time") ",\"etag\":" REF("Id") ",\"may\""
                                                                                          ":"
                                                                                          "{\"type"
                                                                                          "\":"
                                                                                          "\"object"
                                                                                          "\"}"
                                                                                          "}}"},
    {"SystemList", LIST("System")},
    {"NewSystem",
     "{\"type\":\"object\",\"required\":[\"agency\",\"title\",\"state\",\"place\",\"network\","
     "\"interface\"],\"properties\":{\"agency\":" TEXT "," SYSTEM_MEMBERS
     "},\"additionalProperties\":false}"},
    {"SystemChange",
     "{\"type\":\"object\",\"properties\":{" SYSTEM_MEMBERS "},\"additionalProperties\":false}"},
    {"Rows",
     "{\"type\":\"object\",\"required\":[\"dataset\",\"version\",\"fields\",\"items\","
     "\"next\","
     "\"total\"],\"properties\":{\"dataset\":" TEXT ",\"version\":" INTEGER
     ",\"published_at\":" OR_NULL(
         "Time") ",\"fields\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
                 "\"required\":["
                 "\"name\",\"type\"],"
                 "\"properties\":{\"name\":" TEXT ",\"title\":{},\"type\":" TEXT
                 ",\"unit\":" TEXT_OR_NULL
                 "}}},\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},"
                 "\"next\":" REF("Cursor") ",\"total\":" INTEGER "}}"},
    {"Job",
     "{\"type\":\"object\",\"required\":[\"id\",\"kind\",\"state\",\"created_at\"],"
     "\"properties\":{"
     "\"id\":" REF(
         "Id") ",\"kind\":" TEXT ",\"state\":{\"type\":\"string\",\"enum\":[\"waiting\","
               "\"running\",\"done\",\"failed\",\"stopped\"]},\"stage\":" TEXT_OR_NULL
               ",\"done\":{\"type\":[\"integer\",\"null\"]},\"total\":{\"type\":["
               "\"integer\","
               "\"null\"]},"
               "\"unit\":" TEXT_OR_NULL ",\"subject\":" TEXT_OR_NULL
               ",\"created_at\":" REF("Time") ",\"started_at\":" OR_NULL(
                   "Time") ",\"ended_at\":" OR_NULL("Time") ",\"problem\":" OR_NULL("Proble"
                                                                                    "m") "}"
                                                                                         "}"},
    {"JobList", LIST("Job")},
    {"Schedule",
     "{\"type\":\"object\",\"required\":[\"name\",\"kind\",\"rule\",\"paused\",\"etag\"],"
     "\"properties\":{\"name\":" TEXT ",\"kind\":" TEXT
     ",\"rule\":{\"type\":\"string\",\"description\":\"five fields of cron, or workday HH:MM\"},"
     "\"paused\":" BOOLEAN ",\"catch_up\":" BOOLEAN ",\"next_at\":" OR_NULL(
         "Time") ",\"last_at\":" OR_NULL("Time") ",\"last_job\":" OR_NULL("Id") ",\"etag\":" TEXT
                                                                                "}}"},
    {"ScheduleList", LIST("Schedule")},
    {"ScheduleChange",
     "{\"type\":\"object\",\"properties\":{\"rule\":" TEXT ",\"paused\":{\"type\":\"integer\","
     "\"enum\":[0,1]}},\"additionalProperties\":false}"},
    {"CalendarDay",
     "{\"type\":\"object\",\"required\":[\"day\",\"works\"],\"properties\":{"
     "\"day\":{\"type\":\"string\",\"format\":\"date\"},\"works\":{\"type\":\"boolean\","
     "\"description\":\"a make-up day; false: a holiday\"},\"name\":" TEXT
     "},\"additionalProperties\":false}"},
    {"CalendarYear",
     "{\"type\":\"object\",\"required\":[\"year\",\"known\",\"days\"],\"properties\":{"
     "\"year\":" INTEGER ",\"known\":" BOOLEAN ",\"source\":" TEXT_OR_NULL ",\"workdays\":" INTEGER
     ",\"days\":{\"type\":\"array\",\"items\":" REF("CalendarDay") "}}}"},
    {"NewCalendarYear",
     "{\"type\":\"object\",\"required\":[\"days\"],\"properties\":{\"source\":" TEXT_OR_NULL
     ",\"days\":{\"type\":\"array\",\"items\":" REF(
         "CalendarDay") "}},\"additionalProperties\":false}"},
    {"Workdays",
     "{\"type\":\"object\",\"required\":[\"from\",\"days\",\"day\",\"steps\"],\"properties\":{"
     "\"from\":" TEXT ",\"days\":" INTEGER ",\"day\":" TEXT
     ",\"known\":{\"type\":\"boolean\",\"description\":\"every year of the way was decreed\"},"
     "\"steps\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"day\":" TEXT
     ",\"why\":{\"type\":\"string\",\"enum\":[\"weekday\",\"weekend\",\"holiday\",\"make_up\"]}}}}}"
     "}"},
    {"Report",
     "{\"type\":\"object\",\"required\":[\"rows_in\",\"rows_kept\",\"rows_quarantined\","
     "\"duplicates_dropped\",\"columns\",\"reasons\"],\"properties\":{\"file\":" TEXT
     ",\"format\":" TEXT ",\"encoding\":" TEXT_OR_NULL ",\"delimiter\":" TEXT_OR_NULL
     ",\"sheet\":" TEXT_OR_NULL ",\"header_row\":{\"type\":[\"integer\",\"null\"]},"
     "\"header_rows\":" INTEGER ",\"recipe\":" OR_NULL(
         "Recipe") ",\"rows_skipped\":" INTEGER ",\"notes_after\":" INTEGER
                   ",\"numbers_rounded\":" INTEGER ",\"rows_in\":" INTEGER ",\"rows_kept\":" INTEGER
                   ",\"rows_quarantined\":" INTEGER ",\"duplicates_dropped\":" INTEGER
                   ",\"columns\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},"
                   "\"reasons\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},"
                   "\"dataset\":" TEXT ",\"version\":" INTEGER "}}"},
    {"Load",
     "{\"type\":\"object\",\"required\":[\"id\",\"dataset\",\"version\",\"state\"],"
     "\"properties\":{"
     "\"id\":" REF(
         "Id") ",\"dataset\":" TEXT ",\"version\":" INTEGER
               ",\"state\":{\"type\":\"string\",\"enum\":[\"received\",\"checked\","
               "\"published\",\"refused\","
               "\"withdrawn\",\"retired\"]},\"note\":" TEXT_OR_NULL ",\"file\":" TEXT_OR_NULL
               ",\"size\":" INTEGER
               ",\"received_at\":" OR_NULL("Time") ",\"published_at\":" OR_NULL(
                   "Time") ",\"job\":" OR_NULL("Job") ",\"report\":" OR_NULL("Report") ",\""
                                                                                       "pro"
                                                                                       "ble"
                                                                                       "m"
                                                                                       "\""
                                                                                       ":" OR_NULL(
                                                                                           "Probl"
                                                                                           "em") "}"
                                                                                                 "}"},
    {"LoadChange",
     "{\"type\":\"object\",\"required\":[\"note\"],\"properties\":{\"note\":{\"type\":\"string\","
     "\"maxLength\":1000}},\"additionalProperties\":false}"},
    {"LoadList", LIST("Load")},
    {"Preview",
     "{\"type\":\"object\",\"required\":[\"columns\",\"rows\",\"problem\"],\"properties\":{"
     "\"format\":" TEXT_OR_NULL ",\"encoding\":" TEXT_OR_NULL ",\"delimiter\":" TEXT_OR_NULL
     ",\"columns\":{\"type\":\"array\",\"items\":" TEXT
     "},\"notes\":{\"type\":\"array\",\"items\":" TEXT
     "},\"rows\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
     "\"line\":" INTEGER ",\"cells\":{\"type\":\"array\",\"items\":" TEXT
     "},\"fault\":" TEXT_OR_NULL "}}},\"problem\":" OR_NULL("Problem") "}}"},
    {"Upload",
     "{\"type\":\"object\",\"required\":[\"id\",\"name\",\"size\",\"offset\",\"expires_at\"],"
     "\"properties\":{\"id\":" TEXT ",\"name\":" TEXT ",\"size\":" INTEGER ",\"offset\":" INTEGER
     ",\"digest\":" TEXT_OR_NULL
     ",\"created_at\":" REF("Time") ",\"expires_at\":" REF("Time") "}}"},
    {"QuarantineReasons",
     "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"code\",\"column\"],"
     "\"properties\":{\"code\":" TEXT ",\"column\":" TEXT_OR_NULL "}}}"},
    {"QuarantineState",
     "{\"type\":\"string\",\"enum\":[\"mended\",\"quarantined\",\"accepted\",\"dropped\"]}"},
    {"QuarantineKind",
     "{\"type\":\"string\",\"enum\":[\"mend\",\"rule\",\"reload\",\"accept\",\"drop\"]}"},
    {"DraftRow",
     "{\"type\":\"object\",\"required\":[\"state\",\"cells\",\"reasons\"],\"properties\":{"
     "\"state\":" REF("QuarantineState") ",\"cells\":{\"type\":\"array\",\"items\":" TEXT
                                         "},\"reasons\":" REF("QuarantineReasons") ",\"kind\":" REF(
                                             "QuarantineKind") ",\"who\":" TEXT
                                                               ",\"at\":" REF(
                                                                   "Time") ",\"reason\":" TEXT
                                                                           ",\"act\":" REF(
                                                                               "Id") "}}"},
    {"QuarantinedRow",
     "{\"type\":\"object\",\"required\":[\"line\",\"reasons\",\"cells\",\"draft\"],\"properties\":{"
     "\"line\":" INTEGER ",\"reasons\":" REF(
         "QuarantineReasons") ",\"cells\":{\"type\":\"array\","
                              "\"items\":" TEXT_OR_NULL "},\"draft\":" OR_NULL("DraftRow") "}}"},
    {"QuarantineAct",
     "{\"type\":\"object\",\"required\":[\"id\",\"load\",\"kind\",\"who\",\"at\",\"rows\",\"good\","
     "\"frozen\"],\"properties\":{\"id\":" REF("Id") ",\"load\":" REF("Id") ",\"kind\":" REF(
         "QuarantineKind") ",\"who\":" TEXT
                           ",\"at\":" REF("Time") ",\"rows\":" INTEGER ",\"good\":" INTEGER
                                                  ",\"reason\":" TEXT_OR_NULL
                                                  ",\"detail\":{\"type\":[\"object\",\"null\"]},"
                                                  "\"undone_at\":" OR_NULL(
                                                      "Time") ",\"undone_by\":" TEXT_OR_NULL
                                                              ",\"frozen\":" BOOLEAN "}}"},
    {"QuarantineActList", LIST("QuarantineAct")},
    {"QuarantineRule",
     "{\"type\":\"object\",\"required\":[\"what\"],\"properties\":{\"what\":{\"type\":\"string\","
     "\"enum\":[\"trim\",\"half_width\",\"replace\"]},\"column\":" TEXT_OR_NULL
     ",\"find\":" TEXT_OR_NULL ",\"with\":" TEXT_OR_NULL ",\"code\":" TEXT_OR_NULL
     ",\"of\":" TEXT_OR_NULL "},\"additionalProperties\":false}"},
    {"NewQuarantineAct",
     "{\"type\":\"object\",\"required\":[\"kind\"],\"properties\":{\"kind\":{\"type\":\"string\","
     "\"enum\":[\"mend\",\"accept\",\"drop\",\"rule\"]},\"line\":{\"type\":[\"integer\",\"null\"]},"
     "\"cells\":{\"type\":[\"object\",\"null\"],\"additionalProperties\":" TEXT
     "},\"lines\":{\"type\":[\"array\",\"null\"],\"items\":" INTEGER "},\"code\":" TEXT_OR_NULL
     ",\"column\":" TEXT_OR_NULL ",\"reason\":" TEXT_OR_NULL
     ",\"rule\":" OR_NULL("QuarantineRule") "},\"additionalProperties\":false}"},
    {"QuarantinePreview",
     "{\"type\":\"object\",\"required\":[\"rows\",\"good\",\"items\",\"next\"],\"properties\":{"
     "\"rows\":" INTEGER ",\"good\":" INTEGER ",\"items\":{\"type\":\"array\",\"items\":{\"type\":"
     "\"object\",\"properties\":{\"line\":" INTEGER ",\"changes\":{\"type\":\"array\",\"items\":{"
     "\"type\":\"object\",\"properties\":{\"column\":" TEXT ",\"before\":" TEXT ",\"after\":" TEXT
     "}}},\"good\":" BOOLEAN
     ",\"reasons\":" REF("QuarantineReasons") "}}},\"next\":" REF("Cursor") "}}"},
    {"QuarantineDesk",
     "{\"type\":\"object\",\"required\":[\"items\",\"next\",\"total\"],\"properties\":{\"items\":{"
     "\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"dataset\":" TEXT
     ",\"title\":" REF("Text") ",\"agency\":{\"type\":\"object\"},\"load\":" REF(
         "Id") ",\"version\":" INTEGER ",\"file\":" TEXT
               ",\"published_at\":" REF(
                   "Time") ",\"quarantined\":" INTEGER
                           ",\"reasons\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},"
                           "\"may_act\":" BOOLEAN
                           ",\"draft\":{\"type\":\"object\"}}}},\"next\":" REF(
                               "Cursor") ",\"total\":" INTEGER "}}"},
    {"QuarantineList", LIST("QuarantinedRow")},
};

json_t *api_schemas(void)
{
    json_t *all = json_object();

    for (size_t i = 0; i < YM_COUNT(schemas); i++) {
        struct ym_error err = {0};
        json_t *one = NULL;
        if (!ym_json_parse(ym_str(schemas[i].schema), SCHEMA_MAX, &one, &err)) {
            ym_log_error(YM_ERROR, schemas[i].name, &err);
            json_decref(all);
            return NULL;
        }
        json_object_set_new(all, schemas[i].name, one);
    }
    return all;
}
