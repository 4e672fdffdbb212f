#!/bin/bash
# What goes wrong at the hub itself is said in Vietnamese to whoever reads Vietnamese: starting
# and serving, settings, backup and restore, keys. Each text is whole, and has no English in it.
. "$(dirname "$0")/lib.sh"

hubd=$BUILD/daemon/packhorsed
printf 'mot cau dai\n' >pass
printf '\n' >empty
pass="--passphrase-file pass"
# NAME, exit, a pattern, command: what it says in Vietnamese
viet() {
  local name=$1 wanted=$2 pattern=$3 said got
  shift 3
  said=$(LC_ALL=vi_VN.UTF-8 "$hubd" "$@" 2>&1 >/dev/null)
  got=$?
  is "$name: exit" "$got" "$wanted"
  like "$name: in words" "$said" "$pattern"
}

# --- a folder ---
viet "no hub" 10 'không có máy chủ nào: hãy tạo bằng .packhorsed -d none init.*bằng -d$' -d none status
viet "no passphrase in the file" 2 'empty: dòng đầu để trống; dòng đó phải là câu khóa$' -d hub init --listen 127.0.0.1:0 --passphrase-file empty
viet "no address" 2 '“nowhere” không có dạng ĐỊA-CHỈ:CỔNG' -d hub init --listen nowhere $pass
ok "a hub" "$hubd" -d hub init --listen 127.0.0.1:0 --kdf-memory-mib 8 $pass
viet "a hub already" 1 'hub đã là một máy chủ; muốn tạo máy chủ khác, hãy chỉ thư mục khác bằng -d$' -d hub init --listen 127.0.0.1:0 $pass
cp -r hub lost && rm lost/keys/online
viet "a key is missing" 15 'thiếu lost/keys/online: .*nếu từ khi sao lưu đã thay khóa$' -d lost status
cp -r hub bad && printf 'x' >bad/keys/list
viet "the key list is damaged" 15 'bad/keys/list bị hỏng: .*; hãy phục hồi từ bản sao lưu$' -d bad status

# --- settings ---
setting() { printf '%s\n' "$@" >hub/conf.d/90.conf; }
mkdir -p hub/conf.d
setting '[limits]' 'sessions = many'
viet "no number" 78 '90.conf:2: sessions: “many” không phải là số nguyên từ [0-9]* đến [0-9]*$' -d hub serve
setting '[limits]' 'sesions = 7'
viet "no such setting" 78 'không có thiết lập sesions trong mục \[limits\]$' -d hub serve
setting '[limit]' 'sessions = 7'
viet "no such section" 78 'không có mục \[limit\]$' -d hub serve
setting '[web]' 'listen = 0.0.0.0:8080'
viet "pages for everybody" 78 'máy khác thấy được “0.0.0.0:8080”.*đặt proxy phía trước' -d hub serve
rm hub/conf.d/90.conf

# --- backup and restore ---
mkdir out
viet "no recovery key" 1 'chưa có khoá phục hồi.*ngoài máy này$' -d hub backup out
ok "one is made" "$hubd" -d hub recovery-key --out key
viet "there is one" 1 'đã có khoá phục hồi.*vẫn cần khoá cũ$' -d hub recovery-key --out other
viet "no folder" 1 'nowhere không phải là thư mục: đã gắn ổ đĩa chưa' -d hub backup nowhere
viet "no backup in the folder" 1 'out không có bản sao lưu máy chủ .*bản chép khác của khoá$' -d new restore out --recovery-key key
ok "a backup" "$hubd" -d hub backup out
file=$(echo out/*)
viet "a hub is not restored over" 1 'hub đang là một máy chủ: không phục hồi đè lên' -d hub restore out --recovery-key key
head -c 200 "$file" >cut
viet "half a backup" 15 'cut không phải là bản sao lưu trọn vẹn: tệp hết quá sớm' -d new restore cut --recovery-key key
viet "no recovery key in the file" 15 'pass không phải là khoá phục hồi, hoặc chép không đúng: .*PACKHORSE-RECOVERY1:; hãy dùng bản chép khác$' -d new restore out --recovery-key pass

# --- keys ---
viet "the only operator" 1 'đây là người vận hành duy nhất' -d hub keys revoke operator $pass
viet "nobody of that name" 1 'không có người vận hành nào được ký mang tên anna' -d hub keys revoke anna $pass
printf 'cau khac\n' >wrong
ok "a site" "$hubd" -d hub site add 14-0371 --commune 03646 --kind van --name 'Xe'
start serve "$hubd" -d hub serve
wait_for_line serve '^listening ' >/dev/null
viet "keys are not replaced while it serves" 17 'packhorsed đang phục vụ thư mục này: hãy dừng nó' -d hub keys rotate $pass

# --- while it runs, whoever it speaks to itself ---
viet "a wrong passphrase" 1 'câu khóa không mở được hub/keys/operator' -d hub invite --site 14-0371 --role site --passphrase-file wrong --out i
viet "no such site" 1 'không có điểm mang mã “14-0399”' -d hub invite --site 14-0399 --role site --out i $pass
viet "a line that is no JSON" 2 'dòng 1: cột 8: ' -d hub record --batch <<<'{"kind":'
viet "no such device" 1 'không có máy có mã bắt đầu bằng “0123abcd”; .packhorsed devices' -d hub devices confirm 0123abcd
viet "no beginning of an id" 2 '“x” không phải là phần đầu mã của một máy: [0-9]* chữ số trở lên' -d hub devices confirm x
viet "no number of days" 2 'loan-term-days: “viel” không phải là số ngày từ 1 đến' -d hub policy set loan-term-days viel
viet "no account" 1 'không có tài khoản “anna”: packhorsed account list' -d hub account remove anna
viet "no report" 2 'không có báo cáo “M9”; có các báo cáo M1' -d hub report M9 --period 2026
is "and English to who reads English" "$("$hubd" -d hub account remove anna 2>&1)" 'packhorsed: there is no account "anna": packhorsed account list'
like "a place in words" "$(LC_ALL=vi_VN.UTF-8 "$hubd" -d hub site list)" '14-0371 .*thư viện lưu động .*đang mở'
is "but for programs as ever" "$(LC_ALL=vi_VN.UTF-8 "$hubd" -d hub site list --plain | cut -f3,6)" 'van	open'
ok "an invite" "$hubd" -d hub invite --site 14-0371 --role both --out i $pass
like "of which the state is said" "$(LC_ALL=vi_VN.UTF-8 "$hubd" -d hub invite list)" 'điểm, chuyển tin .*chưa dùng'
ok "a device" "$BUILD/client/packhorse" -d site join i
ok "calls" "$BUILD/client/packhorse" -d site sync --hub "127.0.0.1:$(listen_port serve)"
like "its role" "$(LC_ALL=vi_VN.UTF-8 "$hubd" -d hub devices)" ' điểm, chuyển tin '
device=$("$hubd" -d hub devices --plain | cut -f1)
viet "other words than its own" 1 '“khoan-nì-đạng-thấy” không phải là vân tay của máy này: chưa xác nhận' -d hub devices confirm "$device" --fingerprint khoan-nì-đạng-thấy
stop "$started_pid"
dd if=/dev/zero of=hub/hub.db bs=1 seek=100 count=64 conv=notrunc 2>/dev/null
viet "a damaged store" 15 'hub/hub.db bị hỏng .*; hãy phục hồi từ bản sao lưu; giữ lại thư mục này' -d hub status

# --- in English as ever ---
like "English where that is spoken" "$("$hubd" -d none status 2>&1)" 'holds no hub: make one with'
done_testing
