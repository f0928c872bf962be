// The demonstration province: `node tools/demo/make.mjs` writes demo.json and files/ anew, always the
// same bytes. Every value is invented. Persons are impossible: ids of the region 99 that there is not,
// mobiles that begin with 10. The files are as departments send them: GBK, title and note lines, line
// ends inside quotes, wrong check digits, repeats, several signs for "missing".
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const here = import.meta.dirname

// ---- chance that is the same each time (xorshift32)

let state = 0x59756e6d
function below(n) {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  state >>>= 0
  return state % n
}
const pick = (list) => list[below(list.length)]
const pad = (n, width) => String(n).padStart(width, '0')
const day = (from, offset) => new Date(Date.parse(from) + offset * 86400e3).toISOString().slice(0, 10)

// ---- identifiers with their check digits

function residentId(birth, order) {
  const body = `990100${birth.replaceAll('-', '')}${pad(order, 3)}`
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
  return body + '10X98765432'[[...body].reduce((sum, c, i) => sum + c * weights[i], 0) % 11]
}

const creditLetters = '0123456789ABCDEFGHJKLMNPQRTUWXY'
function creditCode(region, number) {
  const inner = `MA${pad(number, 6)}`
  const innerWeights = [3, 7, 9, 10, 5, 8, 4, 2]
  const innerValue = (c) => (/\d/.test(c) ? Number(c) : c.charCodeAt(0) - 55)
  const rest = 11 - ([...inner].reduce((sum, c, i) => sum + innerValue(c) * innerWeights[i], 0) % 11)
  const body = `91${region}${inner}${rest === 10 ? 'X' : rest === 11 ? '0' : rest}`
  const weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
  const sum = [...body].reduce((all, c, i) => all + creditLetters.indexOf(c) * weights[i], 0)
  return body + creditLetters[(31 - (sum % 31)) % 31]
}

function vin(number) {
  const values = { A: 1, B: 2, C: 3, D: 4, E: 5, F: 6, G: 7, H: 8, J: 1, K: 2, L: 3, M: 4, N: 5, P: 7, R: 9, S: 2, T: 3, U: 4, V: 5, W: 6, X: 7, Y: 8, Z: 9 }
  const weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
  const body = `LYM42BUS0P1${pad(number, 6)}`
  const sum = [...body].reduce((all, c, i) => all + (/\d/.test(c) ? Number(c) : values[c]) * weights[i], 0)
  return body.slice(0, 8) + (sum % 11 === 10 ? 'X' : sum % 11) + body.slice(9)
}
// Another last digit than the right one.
const spoil = (code) => code.slice(0, -1) + (code.at(-1) === '7' ? '3' : '7')

// ---- bytes

const gbk = new Map()
for (let high = 0x81; high <= 0xfe; high++)
  for (let low = 0x40; low <= 0xfe; low++) {
    if (low === 0x7f) continue
    const text = new TextDecoder('gbk').decode(new Uint8Array([high, low]))
    if (text.length === 1 && text !== '\ufffd' && !gbk.has(text)) gbk.set(text, [high, low])
  }
function encode(text, encoding) {
  if (encoding !== 'gbk') return Buffer.from(text, 'utf8')
  return Buffer.from(
    [...text].flatMap((c) => {
      if (c.charCodeAt(0) < 0x80) return [c.charCodeAt(0)]
      if (!gbk.has(c)) throw new Error(`${c} is not in GBK`)
      return gbk.get(c)
    }),
  )
}
function line(cells, separator) {
  return cells
    .map((cell) => (new RegExp(`[${separator === '|' ? '\\|' : separator}"\r\n]`).test(cell) ? `"${String(cell).replaceAll('"', '""')}"` : cell))
    .join(separator)
}

rmSync(join(here, 'files'), { recursive: true, force: true })
mkdirSync(join(here, 'files'))
function write(name, rows, { separator = ',', encoding = 'utf8', bom = false, before = [], after = [], end = '\n' } = {}) {
  const lines = [...before, ...rows.map((row) => line(row, separator)), ...after]
  writeFileSync(join(here, 'files', name), encode((bom ? '\ufeff' : '') + lines.join(end) + end, encoding))
}

// ---- places and people

const regions = [
  ['420102', '江岸区'], ['420103', '江汉区'], ['420106', '武昌区'], ['420111', '洪山区'], ['420202', '黄石港区'],
  ['420302', '茅箭区'], ['420502', '西陵区'], ['420581', '宜都市'], ['420602', '襄城区'], ['420704', '鄂城区'],
  ['420802', '东宝区'], ['420902', '孝南区'], ['421002', '沙市区'], ['421102', '黄州区'], ['421202', '咸安区'],
  ['421303', '曾都区'], ['422801', '恩施市'], ['429004', '仙桃市'],
]
const family = [...'甲乙丙丁戊己庚辛壬癸']
const given = ['示一', '示二', '例三', '例四', '演五', '演六', '样七', '样八', '测九', '试十']
const person = () => pick(family) + pick(given)
const mobile = (i) => `10${pad(i, 9)}`

// ---- the datasets: [description, its files]

const text = (zh, en) => ({ zh, en })
const field = (name, zh, en, type, more = {}) => ({ name, title: text(zh, en), type, ...more })
const required = { constraints: { required: true } }
const datasets = []
function dataset(id, title, abstract, more, schema, files) {
  datasets.push({ dataset: { id, title, abstract, ...more, schema }, files })
}

// UTF-8 with BOM, a title line, remarks with line ends, three signs for missing, whole rows twice.
function hours(month, days) {
  const rows = [['站点编号', '站点名称', '监测时间', 'PM2.5', 'PM10', '臭氧', '首要污染物', '备注']]
  const stations = ['江岸滨江', '武昌湖畔', '洪山高新', '西陵峡口', '襄城古隆', '沙市江津']
  for (let d = 0; d < days; d++)
    for (let hour = 0; hour < 24; hour += 3)
      stations.forEach((name, s) => {
        const pm25 = 18 + below(60) + (hour < 9 ? 15 : 0)
        const off = below(60) === 0
        rows.push([
          `4201${pad(s + 1, 3)}`, name, `${day(`2026-${month}-01`, d)} ${pad(hour, 2)}:00:00`,
          off ? 'NaN' : String(pm25), off ? '—' : String(pm25 + 20 + below(30)), off ? '' : String(40 + below(120)),
          off ? '' : pm25 > 75 ? '细颗粒物(PM2.5)' : pm25 > 50 ? '可吸入颗粒物,细颗粒物' : '',
          off ? '设备校准\n数据无效' : below(90) === 0 ? '值守人员注：现场"有施工"\n已核实' : '',
        ])
      })
  rows[40][3] = '-999'
  rows[77][2] = `2026-${month}-02 25:00:00`
  for (const i of [12, 90, 150]) rows.push(rows[i])
  return rows
}
write('station_hour_1.csv', hours('01', 12), { bom: true, before: ['湖北省空气质量监测小时值（演示数据）', ''], end: '\r\n' })
write('station_hour_2.csv', hours('02', 14), { bom: true, before: ['湖北省空气质量监测小时值（演示数据）', ''], end: '\r\n' })
dataset(
  'environment.station_hour',
  text('空气质量监测小时值', 'Air quality by station and hour'),
  text('各监测站点每三小时的细颗粒物、可吸入颗粒物与臭氧浓度。演示数据，全部为虚构。', 'PM2.5, PM10 and ozone of each station, every three hours. Invented for the demonstration.'),
  { theme: 'environment', openness: 'open', sharing: 'unconditional', update_cycle: 'hour', code: '420000/1001/01' },
  {
    fields: [
      field('station', '站点编号', 'Station code', 'string', { constraints: { required: true, pattern: '[0-9]{7}' } }),
      field('name', '站点名称', 'Station name', 'string'),
      field('measured_at', '监测时间', 'Measured at', 'datetime', { format: '%Y-%m-%d %H:%M:%S', ...required }),
      field('pm25', 'PM2.5', 'PM2.5 concentration', 'integer', { unit: 'µg/m³', constraints: { minimum: 0, maximum: 1000 } }),
      field('pm10', 'PM10', 'PM10 concentration', 'integer', { unit: 'µg/m³', constraints: { minimum: 0, maximum: 2000 } }),
      field('ozone', '臭氧', 'Ozone', 'integer', { unit: 'µg/m³', constraints: { minimum: 0 } }),
      field('pollutant', '首要污染物', 'Primary pollutant', 'string'),
      field('note', '备注', 'Note', 'string'),
    ],
    primaryKey: ['station', 'measured_at'],
    missingValues: ['', 'NaN', '—'],
    equalRepeats: 'drop',
  },
  [{ file: 'station_hour_1.csv', name: '空气质量小时值_2026年1月.csv' }, { file: 'station_hour_2.csv', name: '空气质量小时值_2026年2月.csv' }],
)

// GBK; persons; wrong check digits; the same household twice.
{
  const rows = [['身份证号', '姓名', '联系电话', '行政区划代码', '发放月份', '发放金额（元）', '保障类别']]
  for (let i = 0; i < 420; i++) {
    const id = residentId(day('1941-03-05', below(21000)), i % 1000)
    rows.push([id, person(), mobile(i), pick(regions)[0], '2026-09', `${380 + below(600)}.${pad(below(100), 2)}`, pick(['城市低保', '农村低保', '特困供养'])])
  }
  for (const i of [17, 101, 233, 340]) rows[i][0] = spoil(rows[i][0])
  rows[58][2] = '电话停用'
  rows[120][5] = '580元'
  rows[199][3] = '420199'
  rows[260][6] = '其他'
  rows.push(rows[30], [...rows[88].slice(0, 5), '999.00', rows[88][6]])
  write('subsidy_payment.csv', rows, { encoding: 'gbk', end: '\r\n' })
}
dataset(
  'civil.subsidy_payment',
  text('社会救助资金发放明细', 'Payments of social assistance'),
  text('各县市区按月发放的低保与特困供养资金。人员均为不存在的人：证件号以 99 开头。', 'Monthly payments of subsistence allowances. The persons do not exist: their ids begin with 99.'),
  { theme: 'civil', openness: 'closed', sharing: 'conditional', update_cycle: 'month', code: '420000/1002/01' },
  {
    fields: [
      field('id_number', '身份证号', 'Resident id', 'string', { semantic: 'resident_id', ...required }),
      field('name', '姓名', 'Name', 'string', required),
      field('phone', '联系电话', 'Phone', 'string', { semantic: 'phone' }),
      field('region', '行政区划代码', 'Region', 'string', { semantic: 'region', ...required }),
      field('month', '发放月份', 'Month', 'string', { constraints: { required: true, pattern: '20[0-9]{2}-(0[1-9]|1[0-2])' } }),
      field('amount', '发放金额（元）', 'Amount', 'number', { scale: 2, unit: '元', constraints: { required: true, minimum: '0' } }),
      field('kind', '保障类别', 'Kind', 'string', { constraints: { enum: ['城市低保', '农村低保', '特困供养'] } }),
    ],
    primaryKey: ['id_number', 'month'],
    equalRepeats: 'drop',
  },
  [{ file: 'subsidy_payment.csv', name: '低保资金发放明细_202609.csv' }],
)

// GBK, a title and note lines around the table, retired region codes.
{
  const rows = [['机构名称', '行政区划代码', '床位数', '村医人数', '中心坐标', '是否医保定点']]
  for (let i = 0; i < 260; i++) {
    const [code, name] = pick(regions)
    rows.push([`${name}第${i + 1}村卫生室`, code, String(below(12)), String(1 + below(4)), `${(109 + below(7000) / 1000).toFixed(4)},${(29.5 + below(3500) / 1000).toFixed(4)}`, pick(['是', '否'])])
  }
  for (const i of [20, 150]) rows[i][1] = '420582' === rows[i][1] ? '420199' : '429001'
  rows[44][2] = '三'
  rows[77][4] = '待测'
  rows[201][2] = '-1'
  write('village_clinic.csv', rows, {
    encoding: 'gbk',
    before: ['全省村卫生室名录（演示）', '填报单位：省卫生健康委  统计截止：2026年6月30日'],
    after: ['', '注：床位数为实际开放床位。', '制表：统计处'],
  })
}
dataset(
  'health.village_clinic',
  text('村卫生室名录', 'Village clinics'),
  text('全省村卫生室的名称、所在区划、床位与村医人数（演示）。', 'Name, region, beds and doctors of village clinics. Invented for the demonstration.'),
  { theme: 'health', openness: 'open', sharing: 'unconditional', update_cycle: 'year', code: '420000/1003/01' },
  {
    fields: [
      field('name', '机构名称', 'Clinic', 'string', required),
      field('region', '行政区划代码', 'Region', 'string', { semantic: 'region', ...required }),
      field('beds', '床位数', 'Beds', 'integer', { constraints: { minimum: 0, maximum: 200 } }),
      field('doctors', '村医人数', 'Doctors', 'integer', { constraints: { minimum: 0 } }),
      field('place', '中心坐标', 'Longitude, latitude', 'string', { constraints: { pattern: '1[01][0-9]\\.[0-9]+,[23][0-9]\\.[0-9]+' } }),
      field('insured', '是否医保定点', 'In the health insurance', 'boolean', { trueValues: ['是'], falseValues: ['否'] }),
    ],
    primaryKey: ['name'],
  },
  [{ file: 'village_clinic.csv', name: '村卫生室名录（2026）.csv' }],
)

// Tabs; credit codes, some wrong; one firm twice.
{
  const rows = [['统一社会信用代码', '企业名称', '成立日期', '注册资本（万元）', '登记状态', '区划']]
  for (let i = 0; i < 500; i++) {
    const [code, name] = pick(regions)
    rows.push([creditCode(code, 100000 + i * 7), `${name}${pick(['楚源', '云水', '荆山', '汉江', '香溪'])}${pick(['商贸', '科技', '农业', '建设'])}有限公司（演示${i + 1}）`, day('2003-01-02', below(8500)), `${(10 + below(50000)) / 10}`, pick(['存续', '存续', '存续', '注销', '吊销']), code])
  }
  for (const i of [9, 111, 222, 333, 444]) rows[i][0] = spoil(rows[i][0])
  rows[60][2] = '2015-02-30'
  rows[61][3] = '一千'
  rows.push([...rows[5].slice(0, 4), '注销', rows[5][5]])
  write('enterprise.txt', rows, { separator: '\t' })
}
dataset(
  'market.enterprise',
  text('企业登记信息', 'Registered enterprises'),
  text('企业名称、统一社会信用代码、注册资本与登记状态（演示）。', 'Name, credit code, capital and state of enterprises. Invented for the demonstration.'),
  { theme: 'market', openness: 'open', sharing: 'unconditional', update_cycle: 'day', code: '420000/1004/01' },
  {
    fields: [
      field('credit_code', '统一社会信用代码', 'Credit code', 'string', { semantic: 'credit_code', ...required }),
      field('name', '企业名称', 'Name', 'string', required),
      field('founded', '成立日期', 'Founded', 'date'),
      field('capital', '注册资本（万元）', 'Capital', 'number', { scale: 2, unit: '万元', constraints: { minimum: '0' } }),
      field('state', '登记状态', 'State', 'string', { constraints: { enum: ['存续', '注销', '吊销'] } }),
      field('region', '区划', 'Region', 'string', { semantic: 'region' }),
    ],
    primaryKey: ['credit_code'],
  },
  [{ file: 'enterprise.txt', name: '企业登记信息.txt', delimiter: 'tab' }],
)

// Semicolons, dates with slashes, remarks with quotes and line ends.
{
  const rows = [['抽样编号', '食品类别', '抽样日期', '结论', '不合格项目', '检验值(mg/kg)']]
  for (let i = 0; i < 300; i++) {
    const bad = below(14) === 0
    rows.push([`DC2026${pad(i + 1, 5)}`, pick(['粮食加工品', '食用油', '肉制品', '豆制品', '糕点', '蔬菜']), day('2026-03-01', below(180)).replaceAll('-', '/'), bad ? '不合格' : '合格', bad ? pick(['铅（以Pb计）', '苯甲酸;山梨酸', '菌落总数\n大肠菌群']) : '', bad ? (0.1 + below(400) / 1000).toFixed(3) : ''])
  }
  rows[31][3] = '基本合格'
  rows[92][2] = '2026/13/05'
  rows[150][5] = '<0.05'
  rows[220][0] = rows[219][0]
  write('food_sampling.csv', rows, { separator: ';' })
}
dataset(
  'market.food_sampling',
  text('食品安全抽检结果', 'Results of food sampling'),
  text('食品安全监督抽检的样品、结论与不合格项目（演示）。', 'Samples, verdicts and failed items of food inspection. Invented for the demonstration.'),
  { theme: 'safety', openness: 'open', sharing: 'unconditional', update_cycle: 'week', code: '420000/1004/02' },
  {
    fields: [
      field('sample', '抽样编号', 'Sample', 'string', { constraints: { required: true, pattern: 'DC2026[0-9]{5}' } }),
      field('category', '食品类别', 'Category', 'string', required),
      field('sampled_on', '抽样日期', 'Sampled on', 'date', { format: '%Y/%m/%d', ...required }),
      field('verdict', '结论', 'Verdict', 'string', { constraints: { required: true, enum: ['合格', '不合格'] } }),
      field('failed', '不合格项目', 'Failed items', 'string'),
      field('value', '检验值(mg/kg)', 'Measured', 'number', { unit: 'mg/kg', constraints: { minimum: 0 } }),
    ],
    primaryKey: ['sample'],
  },
  [{ file: 'food_sampling.csv', name: '食品抽检结果.csv' }],
)

// Pipes; VINs, some wrong; lower-case plates.
{
  const rows = [['车架号', '车牌号', '所属线路', '核定载客', '能源类型', '投用日期', '累计里程(公里)']]
  for (let i = 0; i < 240; i++)
    rows.push([vin(i + 1), `鄂A${pad(10000 + i * 13, 5)}D`, `${1 + below(60)}路`, String(pick([28, 42, 60, 75])), pick(['纯电动', '插电混动', '天然气']), day('2018-05-01', below(2600)), `${below(400000)}.${below(10)}`])
  for (const i of [12, 64, 128]) rows[i][0] = spoil(rows[i][0])
  rows[33][3] = '六十'
  rows[180][6] = '-1.0'
  rows[99] = rows[99].slice(0, 5)
  write('bus.csv', rows, { separator: '|' })
}
dataset(
  'transport.bus',
  text('公交车辆信息', 'Buses'),
  text('公交车辆的车架号、线路、载客与里程（演示）。', 'VIN, line, seats and mileage of buses. Invented for the demonstration.'),
  { theme: 'transport', openness: 'conditional', sharing: 'conditional', update_cycle: 'month', code: '420000/1005/01' },
  {
    fields: [
      field('vin', '车架号', 'VIN', 'string', { semantic: 'vin', ...required }),
      field('plate', '车牌号', 'Plate', 'string', { constraints: { required: true, pattern: '鄂[A-Z][0-9A-Z]{5,6}' } }),
      field('line', '所属线路', 'Line', 'string'),
      field('seats', '核定载客', 'Persons', 'integer', { unit: '人', constraints: { minimum: 1, maximum: 300 } }),
      field('energy', '能源类型', 'Energy', 'string'),
      field('in_use_since', '投用日期', 'In use since', 'date'),
      field('mileage', '累计里程(公里)', 'Mileage', 'number', { scale: 1, unit: '公里', constraints: { minimum: '0' } }),
    ],
    primaryKey: ['vin'],
  },
  [{ file: 'bus.csv', name: '公交车辆.csv' }],
)

// UTF-8 without BOM, persons, blanks around cells, one key twice with other values.
{
  const rows = [['证件号码', '姓名', '手机', '培训工种', '课时', '考核成绩', '结业日期']]
  for (let i = 0; i < 320; i++)
    rows.push([residentId(day('1972-01-01', below(12000)), (i * 3) % 1000), person(), mobile(20000 + i), pick(['电工', '焊工', '养老护理员', '电商运营', '育婴员']), ` ${pick([40, 60, 80])}`, below(40) === 0 ? '缺考' : String(55 + below(45)), day('2026-04-01', below(150))])
  rows[14][0] = spoil(rows[14][0])
  rows[70][2] = '1380000'
  rows[144][6] = '2026-06-31'
  rows[145][5] = '120'
  rows.push([rows[8][0], rows[8][1], rows[8][2], rows[8][3], ' 40', '91', rows[8][6]])
  write('training.csv', rows)
}
dataset(
  'labor.training',
  text('职业技能培训结业学员', 'Graduates of vocational training'),
  text('补贴性职业技能培训的学员、工种与成绩。人员均为不存在的人。', 'Trainees, trades and marks of subsidised training. The persons do not exist.'),
  { theme: 'employment', openness: 'closed', sharing: 'conditional', update_cycle: 'month', code: '420000/1006/01' },
  {
    fields: [
      field('id_number', '证件号码', 'Resident id', 'string', { semantic: 'resident_id', ...required }),
      field('name', '姓名', 'Name', 'string', required),
      field('phone', '手机', 'Phone', 'string', { semantic: 'phone' }),
      field('trade', '培训工种', 'Trade', 'string', required),
      field('hours', '课时', 'Hours', 'integer', { constraints: { minimum: 1 } }),
      field('mark', '考核成绩', 'Mark', 'integer', { constraints: { minimum: 0, maximum: 100 }, missingValues: ['', '缺考'] }),
      field('ended_on', '结业日期', 'Ended on', 'date', required),
    ],
    primaryKey: ['id_number', 'trade'],
  },
  [{ file: 'training.csv', name: '技能培训学员.csv' }],
)

// GBK, thousands of students as text with a unit in some rows.
{
  const rows = [['年份', '行政区划代码', '区划名称', '园所数', '在园幼儿数', '专任教师数', '普惠率(%)']]
  for (const year of ['2023', '2024', '2025'])
    for (const [code, name] of regions) {
      const kindergartens = 20 + below(140)
      rows.push([year, code, name, String(kindergartens), String(kindergartens * (90 + below(80))), String(kindergartens * (7 + below(6))), (70 + below(280) / 10).toFixed(1)])
    }
  rows[7][4] = '约9000'
  rows[25][6] = '101.5'
  rows[40][4] = '…'
  rows.push(rows[10])
  write('kindergarten.csv', rows, { encoding: 'gbk', before: ['学前教育基本情况（演示）'], after: ['数据来源：教育事业统计（虚构）'] })
}
dataset(
  'education.kindergarten',
  text('学前教育基本情况', 'Kindergartens by region'),
  text('各县市区的幼儿园、在园幼儿与教师数（演示）。', 'Kindergartens, children and teachers by region and year. Invented for the demonstration.'),
  { theme: 'education', openness: 'open', sharing: 'unconditional', update_cycle: 'year', code: '420000/1007/01' },
  {
    fields: [
      field('year', '年份', 'Year', 'string', { constraints: { required: true, pattern: '20[0-9]{2}' } }),
      field('region', '行政区划代码', 'Region', 'string', { semantic: 'region', ...required }),
      field('name', '区划名称', 'Region name', 'string'),
      field('kindergartens', '园所数', 'Kindergartens', 'integer', { constraints: { minimum: 0 } }),
      field('children', '在园幼儿数', 'Children', 'integer', { unit: '人', constraints: { minimum: 0 } }),
      field('teachers', '专任教师数', 'Teachers', 'integer', { unit: '人', constraints: { minimum: 0 } }),
      field('affordable', '普惠率(%)', 'Affordable places', 'number', { scale: 1, unit: '%', constraints: { minimum: '0', maximum: '100' } }),
    ],
    primaryKey: ['year', 'region'],
    missingValues: ['', '…'],
    equalRepeats: 'drop',
  },
  [{ file: 'kindergarten.csv', name: '学前教育基本情况.csv' }],
)

// ---- agencies and accounts

const agencies = [
  ['environment', '省生态环境厅', 'Department of Ecology and Environment'],
  ['civil', '省民政厅', 'Department of Civil Affairs'],
  ['health', '省卫生健康委', 'Health Commission'],
  ['market', '省市场监管局', 'Market Supervision Administration'],
  ['transport', '省交通运输厅', 'Department of Transport'],
  ['labor', '省人力资源和社会保障厅', 'Department of Human Resources and Social Security'],
  ['education', '省教育厅', 'Department of Education'],
].map(([name, zh, en]) => ({ name, title: text(`${zh}（演示）`, `${en} (demonstration)`), region: '420000' }))
const accounts = [
  { name: 'chen_steward', display_name: '陈示范', role: 'steward', agency: 'environment' },
  { name: 'lin_steward', display_name: '林示范', role: 'steward', agency: 'civil' },
  { name: 'wu_steward', display_name: '吴示范', role: 'steward', agency: 'market' },
  { name: 'he_official', display_name: '何示范', role: 'official', agency: 'transport' },
  { name: 'xu_analyst', display_name: '许示范', role: 'analyst', agency: 'environment' },
  { name: 'tang_auditor', display_name: '唐示范', role: 'auditor' },
  { name: 'citizen', display_name: '市民示范', role: 'citizen' },
]
writeFileSync(join(here, 'demo.json'), `${JSON.stringify({ agencies, accounts, datasets }, null, 1)}\n`)
