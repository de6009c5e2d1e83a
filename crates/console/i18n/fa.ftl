# چارچوب صفحه
nav-label = ناوبری اصلی
nav-inbox = رسیده‌ها
nav-sent = فرستاده‌ها
nav-compose = نوشتن هشدار
nav-releases = ترخیص
nav-dossier = پرونده
nav-shift = تحویل نوبت
nav-desk = میز
nav-journal = دفتر رخدادها
skip-to-content = رفتن به متن اصلی
language-label = زبان
theme-light = روشن
theme-dark = تیره
theme-auto = خودکار
sign-out = خروج
footer-clock = همهٔ زمان‌ها به وقت
count-open = { $count ->
    [one] { $count } هشدار در انتظار پاسخ است
   *[other] { $count } هشدار در انتظار پاسخ است
}
live-new = مورد تازه‌ای رسید. صفحه به‌روز شد.
live-notification = Monition: هشداری در انتظار است
page-next = صفحهٔ بعد
reload = بارگذاری دوباره
back-to-inbox = بازگشت به رسیده‌ها
back-to-sent = بازگشت به فرستاده‌ها
back-to-warning = بازگشت به هشدار
from = از
to = به
bytes = { $count ->
    [one] { $count } بایت
   *[other] { $count } بایت
}
download = بارگیری

# ورود
sign-in = ورود
sign-in-to = این میزِ { $party } است.
sign-in-name = نام
sign-in-password = گذرواژه
sign-in-wrong = نام یا گذرواژه نادرست است.
sign-in-too-often = شمار تلاش‌ها بیش از اندازه است. پنج دقیقه صبر کنید و دوباره بکوشید.
sign-in-no-users = هنوز هیچ کاربری ساخته نشده است. نخستین کاربر را روی همین دستگاه بسازید:
passphrase-label = عبارت عبور کلیدهای افراد
passphrase-hint = کلیدهایی که افراد با آن امضا می‌کنند قفل است. فقط برای همین کار باز و سپس دوباره بسته می‌شود.

# خطاها
error-title = انجام نشد
error-not-found = در این نشانی چیزی نیست.
error-forbidden = نقش شما این کار را مجاز نمی‌کند.
error-stale-form = این فرم دیگر معتبر نیست. صفحه را دوباره بار کنید و کار را از سر بگیرید.
error-too-large = فایل‌ها بیش از اندازه بزرگ یا پرشمارند: تا هشت فایل، هر یک تا یک مگابایت.
error-text = یکی از متن‌ها پذیرفتنی نیست.
error-party = این نامِ یک طرف نیست.
error-question = این پرسشی نیست که بتوان درباره‌اش داوری کرد.
error-choose-answer = یک پاسخ برگزینید.
error-needs-reason = دلیل را بنویسید.
error-desk = میز این کار را نپذیرفت.
error-console = کنسول از کار بازماند. مسئول سامانه علت را در گزارش‌ها می‌یابد.
error-nothing-sent = مگر آنکه در صفحه چیز دیگری آمده باشد، نه چیزی امضا شده و نه چیزی فرستاده شده است.
problem-usage-relay-forbidden = فرستنده بازفرستادن این هشدار را ممنوع کرده است. از او بخواهید خودش به طرف دیگر هشدار دهد.
problem-usage-relay-withdrawn = این هشدار پس گرفته شده است؛ نمی‌توان آن را بازفرستاد.
problem-usage-relay-retention = مهلت نگه‌داری این هشدار گذشته است؛ نمی‌توان آن را بازفرستاد.
problem-usage-relay-consent-needed = بازفرستادن به رضایت امضاشدهٔ فرستنده نیاز دارد. آن را درخواست کنید.
problem-usage-relay-source = اینکه فرستنده از کجا می‌داند تنها با رضایتی که آن را نام برده باشد بازفرستاده می‌شود.
problem-usage-relay-consent-expired = رضایت فرستنده به پایان رسیده است. رضایت تازه‌ای درخواست کنید.
problem-usage-relay-not-covered = رضایت فرستنده یکی از این فیلدها را در بر نمی‌گیرد.
problem-usage-relay-not-held = یکی از این فیلدها برای شما بسته است و نمی‌توان آن را بازفرستاد.
problem-usage-relay-nothing = دست‌کم یک فیلد برگزینید.
problem-usage-no-declaration = این طرف اعلام نکرده است که کجا می‌توان به آن هشدار داد.
problem-internal-unreachable = سامانهٔ تبادل پاسخ نمی‌دهد. اندکی بعد دوباره بکوشید.
problem-usage-passphrase = این عبارت عبور کلیدها را باز نمی‌کند.

# زمان
month-1 = ژانویه
month-2 = فوریه
month-3 = مارس
month-4 = آوریل
month-5 = مه
month-6 = ژوئن
month-7 = ژوئیه
month-8 = اوت
month-9 = سپتامبر
month-10 = اکتبر
month-11 = نوامبر
month-12 = دسامبر
hijri-month-1 = فروردین
hijri-month-2 = اردیبهشت
hijri-month-3 = خرداد
hijri-month-4 = تیر
hijri-month-5 = مرداد
hijri-month-6 = شهریور
hijri-month-7 = مهر
hijri-month-8 = آبان
hijri-month-9 = آذر
hijri-month-10 = دی
hijri-month-11 = بهمن
hijri-month-12 = اسفند
date-written = { $day } { $month } { $year }
time-on-day = { $day }، { $time }
time-in = تا { $span } دیگر
time-ago = { $span } پیش
span-seconds = { $seconds ->
    [one] { $seconds } ثانیه
   *[other] { $seconds } ثانیه
}
span-minutes = { $minutes ->
    [one] { $minutes } دقیقه
   *[other] { $minutes } دقیقه
}
span-hours = { $hours ->
    [one] { $hours } ساعت
   *[other] { $hours } ساعت
}
span-hours-minutes = { $hours } ساعت و { $minutes } دقیقه
span-days = { $days ->
    [one] { $days } روز
   *[other] { $days } روز
}
span-days-hours = { $days } روز و { $hours } ساعت

# واژه‌های پروتکل
urgency-routine = عادی
urgency-priority = دارای اولویت
urgency-immediate = فوری
urgency-flash = آنی
status-first = نخستین
status-amended = اصلاح‌شده
status-withdrawn = پس‌گرفته
tlp-red-consequence = تنها برای گیرندگان نام‌برده. هیچ کس دیگری نباید آن را ببیند.
tlp-amber-strict-consequence = تنها برای سازمان گیرنده و تا جایی که افراد به آن نیاز دارند.
tlp-amber-consequence = برای سازمان گیرنده و مشتریان آن، تا جایی که به آن نیاز دارند.
tlp-green-consequence = برای جامعهٔ گیرنده؛ نه برای همگان.
tlp-clear-consequence = بی‌محدودیت؛ می‌تواند همگانی شود.
relay-terms-none = بازفرستادنی نیست
relay-terms-none-consequence = گیرنده هیچ بخشی از آن را بازنمی‌فرستد. کنسول اجازه نمی‌دهد.
relay-terms-ask = بازفرستادنی با رضایت
relay-terms-ask-consequence = هر بازفرستادن به رضایت امضاشدهٔ فرستنده نیاز دارد که گیرنده و فیلدها را نام می‌برد.
relay-terms-tlp = بازفرستادنی در حد برچسب TLP
relay-terms-tlp-consequence = گیرنده در چارچوب برچسب تصمیم می‌گیرد. هر بازفرستادن امضا و ثبت می‌شود.
role-reader = خواننده
role-duty-officer = افسر نوبت
role-releaser = ترخیص‌کننده
grade-i0 = تنها کلید
grade-i2 = نامِ تأییدشده
grade-i2-sponsors = به ضمانت { $sponsors }
grade-exchange = خودِ سامانهٔ تبادل
grade-unknown = در فهرست نیست
level-0 = هیچ
level-1 = یک رده
level-2 = محدود
level-3 = باریک
level-4 = دقیق
axis-actor = چه کسی
axis-target = علیه چه کسی
axis-place = کجا
axis-time = کی
axis-means = چگونه
axis-source = فرستنده از کجا می‌داند
axis-nothing = در این باره چیزی گفته نشده است.
meter-sentence = { $axis }: سطح { $level } از ۴، { $word }
meter-claimed = (ادعاشده: { $level })
source-withheld = فرستنده این را نزد خود نگه داشته است. امضا شده و می‌تواند بعدها آشکار شود.
group-address = گیرنده و ارجاع‌ها
group-message = پیام
group-place = مکان
group-time = زمان
group-target = هدف
group-actor = عامل، ابزار و ارزیابی
group-attachments = پیوست‌ها
group-source = منابع
field-addressee = مخاطب
field-summary = چکیده
field-advice = چه باید کرد
field-place-country = کشور
field-place-region = منطقه
field-place-city = شهر
field-place-site = جای دقیق
field-time-month = ماه
field-time-window = بازهٔ زمانی
field-time-day = روز
field-time-hour = ساعت
field-target-sector = بخش
field-target-organisation = سازمان
field-target-site = محل یا سامانه
field-actor-type = نوع عامل
field-actor-name = نام عامل
field-means = ابزار و شیوه
field-rating-reliability = اعتبار منبع
field-rating-credibility = درستی خبر
field-source-kind = نوع منبع
field-source-method = روش
field-source-names = نام‌ها
field-aware-at = آگاه از
field-our-ref = شمارهٔ فرستنده
field-campaign = کارزار
field-attachment = پیوست
class-label = نوع خطر
deadline-label = مهلت پاسخ
rating-label = اعتبار و درستی
tlp-label = چه کسی می‌تواند ببیند
relay-label = بازفرستادن
embargo-label = پیش از این همگانی نشود
retain-label = پس از این حذف شود
received-label = رسید
composed-label = نوشته شد
id-label = شناسه
sources-label = منابع
reason-label = دلیل:
value-not-used = خالی

# رسیده‌ها
filter-label = کدام هشدارها
filter-all = همه
filter-open = بی‌پاسخ
filter-unread = خوانده‌نشده
filter-answered = پاسخ‌داده
search-label = جست‌وجو در هشدارها
search-button = جست‌وجو
inbox-empty = اینجا چیزی در انتظار نیست.
inbox-nothing-found = چیزی یافت نشد.
badge-unread = تازه
badge-misfit = ناسازگار
row-no-summary = بدون چکیده
row-disposed = پس از پایان مهلت حذف شد
sender-unknown = فرستنده نشان داده نشده است
clock-answered = پاسخ: { $status }
clock-replaced = نسخهٔ تازه‌تری جای آن را گرفت
clock-over = { $span } از مهلت پاسخ گذشته است
clock-until = { $span } تا پایان مهلت پاسخ
clock-no-deadline = بی‌پاسخ
state-fatal = میز نمی‌تواند صندوق‌ها را بخواند. شاید هشدارهایی نخوانده مانده باشد.
state-silent = میز از { $span } پیش چیزی دریافت نکرده است. شاید هشدارهایی نخوانده مانده باشد.
state-some-failed = { $count ->
    [one] یک امانت‌دار پاسخ نمی‌دهد: { $names }
   *[other] { $count } امانت‌دار پاسخ نمی‌دهند: { $names }
}
state-loading = { $count ->
    [one] { $count } هشدار دیگر در حال باز شدن است …
   *[other] { $count } هشدار دیگر در حال باز شدن است …
}
keys-title = کلیدها
keys-text = j و k: پایین و بالا. Enter: باز کردن. u: بازگشت به فهرست. /: جست‌وجو.
notify-allow = اجازهٔ اعلان روی این دستگاه

# یک هشدار
warning-title = هشدار
warning-replaced = نسخهٔ تازه‌تری از این هشدار رسیده است. آن را ببینید.
warning-disposed = محتوا پس از پایان مهلت حذف شد. چکیدهٔ رمزنگاشتی و شواهد آن مانده است.
misfits-title = همه چیز در این هشدار با هم نمی‌خواند:
content-title = چه گفته شده است
content-unreadable = محتوا باز نشد. باید از فرستنده پرسید.
attachments-title = پیوست‌ها
attachment-number = پیوست { $number }
attachment-missing = نرسیده
attachment-relay = اصلِ هشداری که بازفرستاده شده است، با امضای نویسنده‌اش.
attachment-text = متن
attachment-cut = باقی تنها در فایل است.
attachment-not-shown = این گونه فایل اینجا نشان داده نمی‌شود. با احتیاط بازش کنید.
stix-objects = { $count ->
    [one] بستهٔ STIX با { $count } شیء
   *[other] بستهٔ STIX با { $count } شیء
}
cap-alert = هشدار CAP
evidence-title = چه چیزی ثابت شده است
other-side-title = فرستنده چه چیزی را می‌تواند به دیگران ثابت کند
own-side-title = شما چه چیزی را می‌توانید به دیگران ثابت کنید
other-side-text = داوری با اظهارهای موجود در سابقهٔ خود شما و سیاست اعتماد خودتان. شاید فرستنده چیزهای بیشتری داشته باشد.
own-side-text = داوری با سیاست اعتماد خودتان، با نشان دادن همه چیز جز منابع.
finding-whole = یافتهٔ کامل
held-title = { $count ->
    [one] { $count } اظهار امضاشده در سابقه
   *[other] { $count } اظهار امضاشده در سابقه
}
held-statement = اظهار
held-by = امضای
held-since = نگه‌داشته از
held-place = جای آن در دفتر ثبت
held-at-index = شمارهٔ { $index }
held-not-yet = هنوز ثابت نشده
case-title = رسیدگی
case-owner = { $user } رسیدگی را بر عهده گرفته است، { $time }.
case-nobody = هنوز کسی رسیدگی را بر عهده نگرفته است.
case-take = بر عهده می‌گیرم
case-acts = چه کسی اینجا چه کرد
notes-title = یادداشت برای نوبت بعد
notes-none = یادداشتی نیست.
note-label = یادداشت
note-hint = در همین سازمان می‌ماند. نه امضا می‌شود و نه فرستاده.
note-keep = نگه‌داشتن یادداشت
note-about = هشدار
attempts-title = به چه کسانی خبر داده شد
attempt-taken = تحویل شد
attempt-failed = تحویل نشد
print-page = صفحهٔ چاپ
print-hint = این صفحه را با مرورگر خود چاپ کنید.
print-by = چاپ برای { $user }، { $time }.

# پاسخ‌ها
reply-title = پاسخ
reply-receipt = دستگاه شما رسید را امضا کرده است: هشدار را رمزگشایی کرد. تنها پاسخ یک انسان نشان می‌دهد که کسی از آن آگاه شده است.
reply-given = طرف شما پاسخ داد: { $status }
reply-legend = چه پاسخی می‌دهید
reply-not-yours = تنها افسر نوبت پاسخ می‌دهد.
reply-unreadable = به آنچه باز نشده نمی‌توان پاسخ داد.
reply-no-role = این میز کلید نقشی ندارد که با آن پاسخ را امضا کند.
reply-note = یادداشت برای فرستنده
reply-note-hint = در دفتر ثبت بسته می‌ماند. می‌توانید بعدها نشانش دهید؛ فرستنده آن را از شما می‌گیرد.
reply-signs = با کلید نقش { $role } از { $party } امضا می‌شود، برای همیشه. پاسخ را نمی‌توان پس گرفت؛ می‌توان پاسخ دیگری افزود.
reply-again = دادن پاسخی دیگر
reply-send = امضا و فرستادن پاسخ
reply-acknowledged = آگاه شدیم
reply-acknowledged-proves = ثابت می‌کند که تا این زمان انسانی در نقش شما از این هشدار آگاه شده است.
reply-declined = نپذیرفتیم
reply-declined-proves = ثابت می‌کند که انسانی از پذیرفتن آن سر باز زده است. هشدار همچنان داده‌شده به شمار می‌آید.
reply-investigating = در حال بررسی
reply-investigating-proves = ثابت می‌کند که انسانی از آن آگاه شده است و شما در حال بررسی هستید.
reply-affected = ما را در بر می‌گیرد
reply-affected-proves = ثابت می‌کند که انسانی از آن آگاه شده است و سازمان شما می‌گوید خطر متوجه اوست.
reply-not-affected = ما را در بر نمی‌گیرد
reply-not-affected-proves = ثابت می‌کند که انسانی از آن آگاه شده است و سازمان شما می‌گوید خطر متوجه او نیست.
reply-disputed = مورد اعتراض
reply-disputed-proves = ثابت می‌کند که انسانی از آن آگاه شده است و سازمان شما به محتوای آن اعتراض دارد.
reply-fixed = برطرف شد
reply-fixed-proves = ثابت می‌کند که انسانی از آن آگاه شده است و سازمان شما می‌گوید خطر را برطرف کرده است.
reply-wrong-addressee = مخاطب نادرست
reply-wrong-addressee-proves = ثابت می‌کند که انسانی از آن آگاه شده است و سازمان شما می‌گوید باید به دیگری هشدار داده می‌شد.
reply-question = پرسش
reply-question-proves = ثابت می‌کند که انسانی از آن آگاه شده است و می‌پرسد. شمارش مهلت پاسخ می‌ایستد.
relay-title = بازفرستادن
relay-explained = فیلدهای برگزیده در هشداری از خود شما و همراه با امضای نویسنده به طرف دیگری می‌رود. اینکه شما چنین کردید ثبت می‌شود.
relay-to = به کدام طرف
relay-to-hint = نام، همان گونه که در فهرست آمده است، مانند west.example
relay-fields = فیلدها
relay-send = امضا و بازفرستادن
relay-signs = ثابت می‌کند که سازمان شما درست همین فیلدها را بازفرستاد، به چه کسی و کی.
call-title = ثبت یک تماس
call-explained = تماس، دیدار یا نامه: سخن سازمان خود شما با زمانی که دفتر ثبت استوار می‌کند. ثابت می‌کند که آن زمان چنین گفته‌اید، نه آنکه کسی پاسخ داده است.
call-to = با چه کسی تماس گرفته شد
call-channel = چگونه
channel-telephone = با تلفن
channel-visit = با دیدار
channel-letter = با نامه
channel-mail = با رایانامه
call-note = چه گفته شد و به چه کسی
call-note-hint = بسته می‌ماند تا خودتان نشانش دهید.
call-keep = امضا و ثبت

# شواهد
timeline-caption = گام‌های این هشدار، هر یک با زمانی که گواهان مستقل گواهی می‌دهند
timeline-step = گام
timeline-when = کی
timeline-signers = امضای
timeline-present = تا اینجا
timeline-missing = نشان داده نشده
timeline-scale = میله‌ها از { $from } تا { $to } را در بر می‌گیرند.
signers-none = هیچ کس
interval-at = در { $time }
interval-between = میان { $lo } و { $hi }
interval-until = نه دیرتر از { $hi }
interval-from = نه زودتر از { $lo }
interval-same-day = { $day }، میان { $lo } و { $hi }
interval-unknown = در زمانی که چیزی آن را محدود نمی‌کند
step-intent = قصد
step-intent-sentence = نویسنده‌اش آن را ثبت کرد.
step-intent-missing = ثبتی از نویسنده‌اش نشان داده نشده است.
step-submitted = سپرده‌شده
step-submitted-sentence = سامانهٔ تبادل آن را پذیرفت.
step-submitted-missing = پذیرش سامانهٔ تبادل نشان داده نشده است.
step-available = در دسترس
step-available-sentence = در صندوق‌هایی که { $party } اعلام کرده بود در دسترس بود.
step-available-missing = نشان داده نشده است که شمار بسندهٔ امانت‌داران { $party } آن را داشته‌اند.
step-notified = خبرشده
step-notified-sentence = سامانهٔ { $party } امضا کرد که از بودن آن باخبر است: رسیدی از یک دستگاه.
step-notified-missing = چنین رسیدی از سامانهٔ { $party } نشان داده نشده است.
step-handed-over = تحویل‌شده
step-handed-over-sentence = بایت‌های آن به نشستی از { $party } داده شد.
step-handed-over-missing = تحویل به { $party } نشان داده نشده است.
step-decrypted = رمزگشایی‌شده
step-decrypted-sentence = سامانهٔ { $party } آن را رمزگشایی کرد: رسیدی از یک دستگاه.
step-decrypted-missing = رسیدی که سامانهٔ { $party } آن را رمزگشایی کرده باشد نشان داده نشده است.
step-acknowledged = پاسخِ انسان
step-acknowledged-sentence = انسانی در نقشی از { $party } به آن پاسخ داد.
step-acknowledged-missing = پاسخی از انسانی از { $party } نشان داده نشده است.
step-declined = نپذیرفته
step-declined-sentence = انسانی در نقشی از { $party } آن را نپذیرفت.
step-declined-missing = پاسخی از انسانی از { $party } نشان داده نشده است.
statement-submission = سپردن
statement-submissionacceptance = پذیرش سامانهٔ تبادل
statement-submissionrejection = رد سامانهٔ تبادل
statement-contentconsignment = سپردن به امانت‌دار
statement-custodyheads = وضعیت صندوق‌ها نزد امانت‌دار
statement-consignmentnotification = زنگ فرستاده‌شده
statement-mailboxheadack = رسید صندوق
statement-contenthandover = تحویل
statement-handoverfailure = تحویل ناموفق
statement-contentaccess = رسید محتوا
statement-reply = پاسخ یک انسان
statement-replylodgement = گواهی بر پاسخ
statement-relay = بازفرستادن
statement-relayconsent = رضایت به بازفرستادن
statement-denial = انکار
statement-outofbandnotice = تماس ثبت‌شده
statement-contentdispute = شکایت از محتوا
statement-disposal = حذف

# یافته‌ها
finding-title = یافته
answer-proven = ثابت شد
answer-refuted = رد شد
answer-not-decidable = تصمیم‌ناپذیر
finding-proven = ثابت شده است که { $from } به { $to } هشدار داده است.
finding-proven-before = ثابت شده است که { $from } پیش از { $before } به { $to } هشدار داده است.
finding-proven-somebody = ثابت شده است که به { $to } هشدار داده شده است.
finding-refuted = رد شده است که پیش از { $before } از راه صندوق‌هایی که { $to } اعلام کرده بود به آن هشدار داده شده باشد. دربارهٔ راه‌های دیگر چیزی گفته نمی‌شود.
finding-refuted-from = رد شده است که { $from } پیش از { $before } از راه صندوق‌هایی که { $to } اعلام کرده بود به آن هشدار داده باشد. دربارهٔ راه‌های دیگر چیزی گفته نمی‌شود.
finding-open = شواهد نشان‌داده‌شده روشن نمی‌کند که آیا { $from } به { $to } هشدار داده است.
finding-open-somebody = شواهد نشان‌داده‌شده روشن نمی‌کند که آیا به { $to } هشدار داده شده است.
finding-facts = { $count ->
    [one] { $count } واقعیت ثابت شده است.
   *[other] { $count } واقعیت ثابت شده است.
}
finding-silence = تا { $deadline } هیچ پاسخی نزد { $custodians } سپرده نشد.
finding-silence-hours = مهلت در بیرون از ساعت‌های کاری اعلام‌شدهٔ گیرنده بود.
finding-author = چه کسی هشدار داد
finding-recipient = به چه کسی هشدار داده شد
finding-reply = پاسخ یک انسان
finding-sequence = ترتیب
finding-sequence-text = شمارهٔ { $number } از نویسنده به این گیرنده
finding-later = نسخه‌های بعدی
finding-later-none = نشان داده نشده است که بعدها اصلاح یا پس گرفته شده باشد.
finding-later-amended = { $count ->
    [one] یک اصلاح بعدی نشان داده شده است.
   *[other] { $count } اصلاح بعدی نشان داده شده است.
}
finding-later-withdrawn = { $count ->
    [one] یک پس‌گیری بعدی نشان داده شده است.
   *[other] { $count } اصلاح یا پس‌گیری بعدی نشان داده شده است؛ یکی از آنها پس‌گیری است.
}
finding-closed = فیلدهای بسته
finding-closed-text = { $closed } فیلد از { $all } نشان داده نشده است، با شمردن فیلدهای خالی.
finding-said = چه گفته شد
finding-signed-only = امضاشده به دست نویسنده؛ رسیدن آن نشان داده نشده است
finding-caveats = به یاد داشته باشید
finding-trust = بر { $k } سازمان از { $n } سازمان ({ $names }) استوار است؛ { $f ->
    [0] هیچ دروغ‌گویی میان آنها را برنمی‌تابد.
    [one] یک دروغ‌گو میان آنها را برمی‌تابد.
   *[other] { $f } دروغ‌گو میان آنها را برمی‌تابد.
}
finding-trust-hash = SHA-256 سیاست اعتماد:
finding-obtain-policy = سیاست اعتماد را خودتان به دست آورید؛ سیاستی که همراه پرونده رسیده باشد چیزی را ثابت نمی‌کند.
finding-not-qualified = Monition خدمت اعتماد واجد شرایط نیست (مقررهٔ اتحادیهٔ اروپا شمارهٔ 910/2014، مادهٔ ۴۴).
finding-own-words = یافته به زبان خود داور (انگلیسی)
no-finding-trust = این میز سیاست اعتماد ندارد، پس اینجا نمی‌توان داوری کرد. یکی را نام ببرید:
no-finding-later = شواهد هنوز گردآوری می‌شود؛ سامانهٔ تبادل کند پاسخ می‌دهد.
no-finding-refused = داور این شواهد را نمی‌پذیرد.
caveat-content-not-told = محتوا گفته‌شده به شمار نمی‌آید.
caveat-handover-by-word-alone = تحویل تنها بر سخن یک طرف استوار است.
caveat-specificity-understated = نویسنده خود را کم‌دقت‌تر از فیلدی خوانده که امضا کرده است.
caveat-signed-by-delegate = نماینده‌ای به نام یک طرف امضا کرده است.
caveat-key-provisional = کلیدی هنگام امضا هنوز در فهرست موقت بود.
caveat-key-suspected = طرفی بعدها از سوءاستفاده از یک کلید خبر داد. این به گذشته سرایت نمی‌کند.
caveat-interval-contradicted = دو کران یک زمان با هم نمی‌خواند؛ کران پایین به کار نمی‌رود.
caveat-party-contested = کسی به ثبت یک طرف در فهرست اعتراض کرده است.
caveat-keys-recovered = کلیدهای یک طرف زمانی به دست ضامنانش عوض شده است.
caveat-statement-not-relied-upon = اظهاری نشان داده شده که به آن تکیه نمی‌شود.
caveat-statements-not-logged = نشان داده نشده که برخی اظهارها در دفتر ثبتِ گواهی‌شده باشند؛ آنها زمانی را ثابت نمی‌کنند.
misbehaviour-by = { $party } سخن خود را نقض کرد
misbehaviour-split-view = دو نسخه از یک دفتر ثبت را امضا کرده که یکدیگر را نقض می‌کنند.
misbehaviour-eid-reused = دو اظهار گوناگون را با یک شناسه امضا کرده است.
misbehaviour-item-equivocation = برای یک جا در یک صندوق دو مورد گوناگون را امضا کرده است.
misbehaviour-sequence-reused = دو سپردهٔ گوناگون را با یک شماره برای یک گیرنده فرستاده است.
misbehaviour-two-custody-roots = برای یک دوره دو ریشهٔ گوناگون را امضا کرده است.
misbehaviour-mailbox-twice = در یک ریشه که امضا کرده یک صندوق دو بار آمده است.
misbehaviour-item-hidden = وضعیت بعدی صندوقی را امضا کرده که موردهای پیشین در آن نیست یا دگرگون شده است.
misbehaviour-false-denial = هشدار گرفتن را انکار کرده، در حالی که خود دربارهٔ همان هشدار اظهاری امضا کرده بود.

# نوشتن
compose-title = نوشتن هشدار
drafts-title = { $count ->
    [one] { $count } پیش‌نویس
   *[other] { $count } پیش‌نویس
}
compose-to = به چه کسی
compose-to-hint = هر طرف هشدار جداگانهٔ خود را می‌گیرد. هیچ یک نمی‌بیند که به چه کسان دیگری هشدار می‌دهید.
compose-to-amend = اصلاح به همان کسی می‌رود که نسخهٔ نخست برایش رفت.
compose-nobody = هیچ طرف دیگری اعلام نکرده است که کجا می‌توان به آن هشدار داد.
compose-what = چیست
compose-class-hint = واژه‌های لاتین با نقطه میان آنها، از کلی به جزئی، مانند attack.cyber.ransomware
compose-urgency = گیرنده چقدر زود باید دست به کار شود
compose-words = به زبان ساده
compose-summary-hint = آنچه می‌دانید، در چند جمله. ننویسید از کجا می‌دانید.
compose-advice-hint = گیرنده نخست چه باید بکند.
compose-ladders = آنچه می‌دانید، از درشت به ریز
compose-ladders-hint = آنچه را می‌دانید پر کنید و باقی را خالی بگذارید. میزان دقت شما از روی همین فیلدها شمرده و امضا می‌شود.
compose-reliability-hint = کد دریاداری، A تا F
compose-credibility-hint = کد دریاداری، 1 تا 6
compose-sources = منابع
compose-sources-hint = همراه هشدار امضا می‌شود و بسته است. هیچ کس نمی‌تواند بعداً بر آن بیفزاید و تا شما بازش نکنید کسی آن را نمی‌بیند.
compose-withheld = منابع را از گیرنده نیز پنهان نگه دار
compose-withheld-consequence = امضاشده نزد شما می‌ماند. می‌توانید بعدها آشکارش کنید، یا هرگز.
compose-not-withheld = منابع را به گیرنده نشان بده
compose-not-withheld-consequence = گیرنده آنها را می‌خواند. دیگران تنها اگر شما یا رضایت شما بازش کند می‌بینند.
compose-terms = شرط‌ها
compose-deadline-hint = اگر تا آن زمان پاسخی نیاید، می‌توان سکوت را ثابت کرد.
compose-attach = فایل‌ها
compose-attach-hint = فایل‌ها را اینجا رها کنید یا برگزینید: تا هشت فایل، هر یک تا یک مگابایت.
compose-attach-again = فایل‌های نسخهٔ پیشین همراه نمی‌آید. آنچه را هنوز درست است دوباره پیوست کنید.
compose-detach = برداشتن
compose-more = بیشتر
compose-aware-hint = سازمان شما از کی می‌داند.
compose-reason = دلیل اصلاح
compose-reason-hint = همیشه نشان داده می‌شود، به داور نیز.
compose-preview = ببینید هر طرف چه خواهد دید
compose-keep = نگه‌داشتن پیش‌نویس
compose-discard = دور انداختن پیش‌نویس
compose-needs-class = نوع خطر را بنویسید.
compose-bad-class = نوع خطر با واژه‌های کوچک لاتین و نقطه میان آنها نوشته می‌شود.
compose-needs-urgency = بگویید گیرنده چقدر زود باید دست به کار شود.
compose-needs-tlp = بگویید چه کسی می‌تواند ببیند.
compose-needs-relay = بگویید آیا بازفرستادنی است.
compose-needs-summary = چکیده‌ای بنویسید.
compose-needs-recipient = دست‌کم یک گیرنده برگزینید.
compose-deadline-over = زمانی که تا آن پاسخ خواسته‌اید گذشته است.
preview-title = هر طرف چه خواهد دید
preview-recipient = { $count ->
    [one] گیرنده می‌بیند
   *[other] هر یک از { $count } گیرنده می‌بیند
}
preview-judge = داور با گشایش معمول می‌بیند
preview-judge-text = همه چیز جز منابع. پیش از آنکه چیزی بدهید، دوباره فیلد به فیلد برمی‌گزینید.
preview-custodians = سامانهٔ تبادل و امانت‌داران می‌بینند
preview-custodians-mailbox = سامانهٔ تبادل: چه کسی به چه کسی هشدار می‌دهد. امانت‌داران: تنها کدام صندوق.
preview-custodians-bodies = { $count ->
    [one] { $count } فایل مهروموم‌شده، با اندازهٔ یکسان‌شده
   *[other] { $count } فایل مهروموم‌شده، با اندازهٔ یکسان‌شده
}
preview-custodians-not = هیچ چیز از محتوا، نوع خطر یا شرط‌ها.
preview-public = دفتر ثبت همگانی نشان می‌دهد
preview-public-hash = چکیده‌هایی که تنها دارندگان اظهارها می‌توانند دوباره حساب کنند.
preview-public-time = زمان ثبت آنها.
preview-public-nothing = هیچ چیز از محتوا، از فرستنده یا از گیرنده.
preview-attachments = { $count ->
    [one] { $count } پیوست
   *[other] { $count } پیوست
}
preview-back = تغییر دادن
preview-send = امضا و فرستادن
preview-send-explained = آنچه امضا و فرستاده شد ناگفته نمی‌شود: می‌توان اصلاحش کرد یا پسش گرفت، و هر دو دیدنی می‌ماند.
preview-release-explained = فرد دیگری درست همین را می‌بیند و ترخیص می‌کند.
ask-release = درخواست ترخیص
difference-title = چه تغییر می‌کند
difference-field = فیلد
difference-old = پیش‌تر
difference-new = اکنون
difference-none = چیزی تغییر نمی‌کند.
outcome-title = نتیجه
outcome-sent = سامانهٔ تبادل آن را پذیرفت.
outcome-waiting = امضا و نگه‌داری شد. همین که سامانهٔ تبادل پاسخ دهد، میز آن را می‌فرستد.
outcome-failed = چیزی فرستاده نشد.
outcome-look = دیدن آن

# فرستاده‌ها
sent-title = هشدار فرستاده‌شده
sent-empty = هنوز چیزی فرستاده نشده است.
sent-rejected = سامانهٔ تبادل آن را نپذیرفت:
sent-unproven = { $count ->
    [one] { $count } اظهار هنوز جای ثابت‌شده‌ای در دفتر ثبت ندارد.
   *[other] { $count } اظهار هنوز جای ثابت‌شده‌ای در دفتر ثبت ندارند.
}
stands-rejected = ردشده از سوی سامانهٔ تبادل
stands-waiting = در انتظار فرستادن
amend-title = اصلاح
amend-explained = نسخهٔ تازه جای این را می‌گیرد. نسخهٔ نخست در دفتر ثبت و در سابقهٔ گیرنده می‌ماند.
amend-begin = آغاز اصلاح
withdraw-title = پس گرفتن
withdraw-explained = به گیرنده گفته می‌شود که هشدار دیگر برقرار نیست. اینکه شما آن را داده بودید ثابت‌شده می‌ماند.
withdraw-reason = دلیل
withdraw-reason-hint = همیشه نشان داده می‌شود، به داور نیز.
withdraw-send = امضا و پس گرفتن
consent-title = اجازهٔ بازفرستادن
consent-explained = رضایت امضاشدهٔ شما طرف، فیلدها و روز پایان آن را نام می‌برد.
consent-days = شمار روزهای اعتبار
consent-send = امضای رضایت

# ترخیص
releases-four-eyes = چهار چشم: هر چه از این سازمان بیرون می‌رود فرد دومی ترخیص می‌کند.
releases-two-eyes = یک ترخیص‌کننده به تنهایی می‌تواند ترخیص کند.
releases-empty = چیزی در انتظار ترخیص نیست.
release-warn = هشداری برای فرستادن
release-relay = هشداری برای بازفرستادن
release-withdraw = هشداری برای پس گرفتن
release-dossier = پرونده‌ای برای بیرون دادن
release-waiting = در انتظار
release-released = ترخیص شد
release-refused = رد شد
release-asked = درخواست { $user }، { $time }.
release-decided = تصمیم { $user }، { $time }.
release-not-own = خودتان این را درخواست کرده‌اید. فرد دیگری تصمیم می‌گیرد.
release-release = ترخیص
release-refuse = رد
release-changed = پیش‌نویس پس از درخواست ترخیص تغییر کرده است. باید دوباره درخواست شود.
release-gone = پیش‌نویس دیگر اینجا نیست.

# پرونده
dossier-explained = پرونده یک فایل است که هر کس می‌تواند بی‌نیاز از شبکه با آن داوری کند که چه گفته شد، چه کسی گفت و کی. برگزینید چه چیزی را آشکار می‌کند؛ باقی بسته می‌ماند.
dossier-make = ساختن پرونده
dossier-question = پرسش
dossier-question-about = آیا { $from } این هشدار را به { $to } داده است؟
dossier-question-hint = آیا به این طرف هشدار داده شد، از سوی چه کسی، پیش از چه زمانی؟
dossier-party = به چه کسی هشدار داده شد
dossier-by = از سوی چه کسی (می‌تواند خالی بماند)
dossier-before = پیش از چه زمانی
dossier-before-hint = می‌تواند خالی بماند. بی آن، پاسخ هرگز «رد شد» نمی‌شود.
dossier-reveal = چه چیزی آشکار می‌شود
dossier-reveal-hint = مخاطب همیشه نشان داده می‌شود. فیلدهای خالیِ نشان‌داده‌شده ثابت می‌کنند که خالی بوده‌اند.
dossier-sources-hint = از کجا می‌دانید. بسته است مگر اینجا فیلد به فیلد بازش کنید.
dossier-sources-warning = این آشکار می‌کند که سازمان شما از کجا می‌داند. دیگر نمی‌توان آن را بست.
dossier-reveals = آشکار می‌کند
dossier-see = دیدن یافته
dossier-finding-title = یافته‌ای که یک بیگانه خواهد دید
dossier-finding-explained = هنوز چیزی بیرون نرفته است. این همان است که پرونده به کسی ثابت می‌کند که همان سیاست اعتماد شما را دارد.
dossier-size = { $count ->
    [one] { $count } اظهار، { $bytes } بایت.
   *[other] { $count } اظهار، { $bytes } بایت.
}
dossier-irrevocable = آنچه بیرون داده شد دیگر بسته نمی‌شود.
dossier-export = بیرون دادن پرونده

# تحویل نوبت
shift-open = بی‌پاسخ

# میز
desk-health = وضعیت میز
desk-collected = آخرین دریافت
desk-followed = آخرین خبر از سامانهٔ تبادل
desk-never = هنوز نه
desk-keys = کلیدهای افراد
desk-keys-open = باز، تا زمانی که این برنامه اجرا می‌شود
desk-keys-closed = قفل؛ هر کار عبارت عبور می‌خواهد
desk-eyes = ترخیص
desk-failed = پاسخ نمی‌دهد
desk-silences = این میز کی خاموش بود
desk-silences-hint = در این زمان‌ها چیزی دریافت و رسیدی امضا نشد. در این میان امانت‌داران به مخاطبان اضطراری خبر می‌دهند.
desk-no-silence = از آغاز ثبت، هرگز.
desk-silent-from = از
desk-silent-until = تا
desk-silent-cause = چرا
desk-silent-still = هنوز خاموش
desk-silent-stopped = میز در حال کار نبود
desk-silent-unreachable = هیچ امانت‌داری پاسخ نداد
desk-silent-length = به مدت { $span }
desk-alarms = تناقض‌های یافته‌شده
desk-no-alarm = هیچ.
desk-who = این میز کیست
desk-exchange = سامانهٔ تبادل
desk-custodians = امانت‌داران
desk-quorum = (هر مورد را باید { $quorum } امانت‌دار داشته باشند)
desk-rhythm = آهنگ دریافت
desk-rhythm-text = هر { $span }
desk-declared-until = اعلام‌شده تا
desk-not-declared = صندوقی اعلام نشده است؛ چیزی نمی‌تواند برسد.
desk-trust = برای زمان به چه کسانی تکیه دارد
desk-trust-counts = ({ $k } از { $n })
desk-users = کاربران

# دفتر رخدادها
journal-hint = چه کسی اینجا چه کرد. هر سطر به سطر پیش از خود زنجیر شده است؛ نسخهٔ بیرون‌داده‌شده تغییرهای بعدی را نشان می‌دهد.
journal-export = بیرون دادن دفتر
journal-number = شماره
journal-when = کی
journal-who = چه کسی
journal-what = چه کار
journal-subject = دربارهٔ
act-signed-in = ورود
act-signed-out = خروج
act-sign-in-failed = ورود ناموفق
act-viewed = دیدن
act-printed = صفحهٔ چاپ
act-downloaded = گرفتن پیوست
act-replied = پاسخ
act-relayed = بازفرستادن
act-noted-call = ثبت تماس
act-took-over = بر عهده گرفتن
act-handed-over = یادداشت
act-asked-release = درخواست ترخیص
act-released = ترخیص
act-refused-release = رد ترخیص
act-sent = فرستادن
act-amended = اصلاح
act-withdrew = پس گرفتن
act-consented = رضایت به بازفرستادن
act-judged = دیدن یافته
act-revealed = بیرون دادن پرونده
act-exported-journal = بیرون دادن دفتر رخدادها
