/* The words of the code lists as they stand in catalogues (政务信息资源目录编制指南, and what live
 * systems add): for the import, whose files are written by people. */
#include "data/catalog/catalog_private.h"

static const struct {
    const char *list, *code;
    const char *words[4];
} words[] = {
    {"sharing", "unconditional", {"无条件共享", "无条件", "无条件共享类"}},
    {"sharing", "conditional", {"有条件共享", "有条件", "有条件共享类"}},
    {"sharing", "withheld", {"不予共享", "不共享", "不予共享类"}},
    {"openness", "open", {"开放", "无条件开放", "是", "无条件"}},
    {"openness", "conditional", {"有条件开放", "有条件", "依申请开放", "受限开放"}},
    {"openness", "closed", {"不开放", "否", "不予开放"}},
    {"update_cycle", "realtime", {"实时"}},
    {"update_cycle", "hour", {"每小时", "小时"}},
    {"update_cycle", "day", {"每日", "每天", "日"}},
    {"update_cycle", "week", {"每周", "周"}},
    {"update_cycle", "month", {"每月", "月"}},
    {"update_cycle", "quarter", {"每季度", "季度", "每季"}},
    {"update_cycle", "half_year", {"每半年", "半年"}},
    {"update_cycle", "year", {"每年", "年", "年度"}},
    {"update_cycle", "irregular", {"不定期", "其他"}},
    {"update_cycle", "never", {"不更新"}},
    {"format", "database", {"数据库"}},
    {"format", "spreadsheet", {"电子表格"}},
    {"format", "document", {"电子文件", "文档"}},
    {"format", "image", {"图形图像", "图像"}},
    {"format", "stream", {"流媒体"}},
    {"format", "self_described", {"自描述格式"}},
    {"sharing_way", "platform", {"共享平台方式", "共享平台", "平台"}},
    {"sharing_way", "mail", {"邮件", "电子邮件"}},
    {"sharing_way", "copy", {"拷盘"}},
    {"sharing_way", "medium", {"介质交换"}},
    {"category", "base.population", {"人口", "基础/人口", "人口基础信息资源"}},
    {"category", "base.legal_entity", {"法人", "基础/法人", "法人单位基础信息资源"}},
    {"category", "base.space", {"自然资源和空间地理", "基础/自然资源和空间地理"}},
    {"category", "base.credit", {"社会信用", "基础/社会信用"}},
    {"category", "base.licence", {"电子证照", "基础/电子证照"}},
    {"category", "theme.public_service", {"公共服务", "主题/公共服务"}},
    {"category", "theme.health", {"健康保障", "主题/健康保障"}},
    {"category", "theme.social_security", {"社会保障", "主题/社会保障"}},
    {"category", "theme.food_drug", {"食品药品安全", "主题/食品药品安全"}},
    {"category", "theme.work_safety", {"安全生产", "主题/安全生产"}},
    {"category", "theme.price", {"价格监管", "主题/价格监管"}},
    {"category", "theme.energy", {"能源安全", "主题/能源安全"}},
    {"category", "theme.credit", {"信用体系", "主题/信用体系"}},
    {"category", "theme.construction", {"城乡建设", "主题/城乡建设"}},
    {"category", "theme.community", {"社区治理", "主题/社区治理"}},
    {"category", "theme.environment", {"生态环保", "主题/生态环保"}},
    {"category", "theme.emergency", {"应急维稳", "主题/应急维稳"}},
    {"category", "department", {"部门", "部门信息资源"}},
    {"theme", "agriculture", {"农业"}},
    {"theme", "civil", {"民政"}},
    {"theme", "credit", {"信用"}},
    {"theme", "culture", {"文化"}},
    {"theme", "economy", {"经济"}},
    {"theme", "education", {"教育"}},
    {"theme", "employment", {"就业"}},
    {"theme", "energy", {"能源"}},
    {"theme", "environment", {"环境", "生态环境"}},
    {"theme", "finance", {"财政金融", "财政", "金融"}},
    {"theme", "geography", {"地理"}},
    {"theme", "government", {"政务"}},
    {"theme", "health", {"卫生", "卫生健康"}},
    {"theme", "housing", {"住房"}},
    {"theme", "industry", {"工业"}},
    {"theme", "market", {"市场监管"}},
    {"theme", "petitions", {"信访"}},
    {"theme", "population", {"人口"}},
    {"theme", "safety", {"安全"}},
    {"theme", "science", {"科技"}},
    {"theme", "tourism", {"旅游"}},
    {"theme", "transport", {"交通"}},
};

struct ym_str catalog_code_of(const char *list, struct ym_str said)
{
    for (size_t i = 0; i < YM_COUNT(words); i++) {
        if (strcmp(words[i].list, list) != 0)
            continue;
        for (size_t k = 0; k < YM_COUNT(words[i].words) && words[i].words[k]; k++)
            if (ym_str_is(said, words[i].words[k]))
                return ym_str(words[i].code);
    }
    return said;
}
