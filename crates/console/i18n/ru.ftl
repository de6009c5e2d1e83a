# Рамка страницы
nav-label = Основная навигация
nav-inbox = Входящие
nav-sent = Отправленные
nav-compose = Написать предупреждение
nav-releases = Выпуск
nav-dossier = Досье
nav-shift = Смена
nav-desk = Пост
nav-journal = Журнал
skip-to-content = Перейти к содержанию
language-label = Язык
theme-light = Светлая
theme-dark = Тёмная
theme-auto = Автоматически
sign-out = Выйти
footer-clock = Время на страницах:
count-open = { $count ->
    [one] { $count } предупреждение ждёт ответа
    [few] { $count } предупреждения ждут ответа
   *[other] { $count } предупреждений ждут ответа
}
live-new = Поступило новое. Страница обновлена.
live-notification = Monition: ждёт предупреждение
page-next = Следующая страница
reload = Загрузить снова
back-to-inbox = Назад ко входящим
back-to-sent = Назад к отправленным
back-to-warning = Назад к предупреждению
from = От
to = Кому
bytes = { $count ->
    [one] { $count } байт
    [few] { $count } байта
   *[other] { $count } байт
}
download = Скачать

# Вход
sign-in = Войти
sign-in-to = Это пост стороны { $party }.
sign-in-name = Имя
sign-in-password = Пароль
sign-in-wrong = Имя или пароль неверны.
sign-in-too-often = Слишком много попыток. Подождите пять минут и попробуйте снова.
sign-in-no-users = Пользователей ещё нет. Создайте первого на этой машине:
passphrase-label = Парольная фраза ключей людей
passphrase-hint = Ключи, которыми подписывают люди, заперты. Они откроются только для этого действия и снова закроются.

# Ошибки
error-title = Не получилось
error-not-found = По этому адресу ничего нет.
error-forbidden = Ваша роль этого не позволяет.
error-stale-form = Форма устарела. Загрузите страницу заново и повторите действие.
error-too-large = Файлы слишком велики или их слишком много: до восьми, каждый до одного мегабайта.
error-text = Текст нельзя принять.
error-party = Это не имя стороны.
error-question = Это не вопрос, на который можно дать заключение.
error-choose-answer = Выберите ответ.
error-needs-reason = Укажите причину.
error-desk = Пост отказал.
error-console = Сбой консоли. Оператор найдёт причину в журнале работы.
error-nothing-sent = Если на странице не сказано иное, ничего не подписано и ничего не отправлено.
problem-usage-relay-forbidden = Отправитель запрещает передавать это предупреждение. Попросите его самого предупредить другую сторону.
problem-usage-relay-withdrawn = Предупреждение отозвано; передать его нельзя.
problem-usage-relay-retention = Срок хранения предупреждения истёк; передать его нельзя.
problem-usage-relay-consent-needed = Для передачи нужно подписанное согласие отправителя. Запросите его.
problem-usage-relay-source = Сведения о том, откуда отправитель это знает, передаются только с согласием, где они названы.
problem-usage-relay-consent-expired = Согласие отправителя истекло. Запросите новое.
problem-usage-relay-not-covered = Согласие отправителя не охватывает одно из этих полей.
problem-usage-relay-not-held = Одно из этих полей закрыто для вас, передать его нельзя.
problem-usage-relay-nothing = Выберите хотя бы одно поле.
problem-usage-no-declaration = Эта сторона не объявила, где её можно предупредить.
problem-internal-unreachable = Узел обмена не отвечает. Попробуйте чуть позже.
problem-usage-passphrase = Парольная фраза не открывает ключи.

# Время
month-1 = января
month-2 = февраля
month-3 = марта
month-4 = апреля
month-5 = мая
month-6 = июня
month-7 = июля
month-8 = августа
month-9 = сентября
month-10 = октября
month-11 = ноября
month-12 = декабря
hijri-month-1 = фарвардина
hijri-month-2 = ордибехешта
hijri-month-3 = хордада
hijri-month-4 = тира
hijri-month-5 = мордада
hijri-month-6 = шахривара
hijri-month-7 = мехра
hijri-month-8 = абана
hijri-month-9 = азара
hijri-month-10 = дея
hijri-month-11 = бахмана
hijri-month-12 = эсфанда
date-written = { $day } { $month } { $year }
time-on-day = { $day }, { $time }
time-in = через { $span }
time-ago = { $span } назад
span-seconds = { $seconds ->
    [one] { $seconds } секунду
    [few] { $seconds } секунды
   *[other] { $seconds } секунд
}
span-minutes = { $minutes ->
    [one] { $minutes } минуту
    [few] { $minutes } минуты
   *[other] { $minutes } минут
}
span-hours = { $hours ->
    [one] { $hours } час
    [few] { $hours } часа
   *[other] { $hours } часов
}
span-hours-minutes = { $hours } ч { $minutes } мин
span-days = { $days ->
    [one] { $days } день
    [few] { $days } дня
   *[other] { $days } дней
}
span-days-hours = { $days } дн. { $hours } ч

# Слова протокола
urgency-routine = Обычное
urgency-priority = Срочное
urgency-immediate = Немедленное
urgency-flash = Молния
status-first = Первое
status-amended = Исправлено
status-withdrawn = Отозвано
tlp-red-consequence = Только для названных получателей. Больше никто не должен его видеть.
tlp-amber-strict-consequence = Только для организации получателя, тем, кому это необходимо.
tlp-amber-consequence = Для организации получателя и её клиентов, тем, кому это необходимо.
tlp-green-consequence = Для сообщества получателя; не для публикации.
tlp-clear-consequence = Без ограничений; может стать публичным.
relay-terms-none = Не передавать
relay-terms-none-consequence = Получатель ничего из него не передаёт дальше. Консоль это не позволит.
relay-terms-ask = Передавать с согласия
relay-terms-ask-consequence = Каждая передача требует подписанного согласия отправителя, где названы получатель и поля.
relay-terms-tlp = Передавать по метке TLP
relay-terms-tlp-consequence = Получатель решает сам в пределах метки. Каждая передача подписывается и записывается.
role-reader = Читатель
role-duty-officer = Дежурный
role-releaser = Выпускающий
grade-i0 = Только ключ
grade-i2 = За имя поручились
grade-i2-sponsors = Поручители: { $sponsors }
grade-exchange = Сам узел обмена
grade-unknown = Нет в каталоге
level-0 = ничего
level-1 = категория
level-2 = ограничено
level-3 = узко
level-4 = точно
axis-actor = Кто это сделает
axis-target = Против кого
axis-place = Где
axis-time = Когда
axis-means = Как
axis-source = Откуда отправитель это знает
axis-nothing = Об этом ничего не сказано.
meter-sentence = { $axis }: уровень { $level } из 4, { $word }
meter-claimed = (заявлено: { $level })
source-withheld = Отправитель оставил это при себе. Оно подписано и может быть раскрыто позже.
group-address = Адресат и ссылки
group-message = Сообщение
group-place = Место
group-time = Время
group-target = Цель
group-actor = Исполнитель, средства и оценка
group-attachments = Вложения
group-source = Источники
field-addressee = Адресат
field-summary = Суть
field-advice = Что делать
field-place-country = Страна
field-place-region = Регион
field-place-city = Город
field-place-site = Точное место
field-time-month = Месяц
field-time-window = Промежуток времени
field-time-day = День
field-time-hour = Час
field-target-sector = Отрасль
field-target-organisation = Организация
field-target-site = Объект или система
field-actor-type = Вид исполнителя
field-actor-name = Имя исполнителя
field-means = Средства
field-rating-reliability = Надёжность источника
field-rating-credibility = Достоверность сведений
field-source-kind = Вид источника
field-source-method = Метод
field-source-names = Имена
field-aware-at = Известно с
field-our-ref = Номер отправителя
field-campaign = Кампания
field-attachment = Вложение
class-label = Вид опасности
deadline-label = Ответ нужен до
rating-label = Надёжность и достоверность
tlp-label = Кому можно видеть
relay-label = Передача дальше
embargo-label = Не публиковать до
retain-label = Удалить после
received-label = Поступило
composed-label = Написано
id-label = Идентификатор
sources-label = Источники
reason-label = Причина:
value-not-used = не заполнено

# Входящие
filter-label = Какие предупреждения
filter-all = Все
filter-open = Без ответа
filter-unread = Непрочитанные
filter-answered = С ответом
search-label = Искать в предупреждениях
search-button = Найти
inbox-empty = Здесь ничего не ждёт.
inbox-nothing-found = Ничего не найдено.
badge-unread = Новое
badge-misfit = Не сходится
row-no-summary = Без описания
row-disposed = Удалено по истечении срока
sender-unknown = Отправитель не показан
clock-answered = Ответ: { $status }
clock-replaced = Заменено новой версией
clock-over = Срок ответа истёк { $span } назад
clock-until = Ответ нужен через { $span }
clock-no-deadline = Без ответа
state-fatal = Пост не может забирать почту. Возможно, есть непрочитанные предупреждения.
state-silent = Пост ничего не забирал уже { $span }. Возможно, есть непрочитанные предупреждения.
state-some-failed = { $count ->
    [one] { $count } хранитель не отвечает: { $names }
    [few] { $count } хранителя не отвечают: { $names }
   *[other] { $count } хранителей не отвечают: { $names }
}
state-loading = { $count ->
    [one] Открывается ещё { $count } предупреждение …
    [few] Открываются ещё { $count } предупреждения …
   *[other] Открываются ещё { $count } предупреждений …
}
keys-title = Клавиши
keys-text = j и k: вниз и вверх. Enter: открыть. u: к списку. /: поиск.
notify-allow = Разрешить уведомления на этой машине

# Предупреждение
warning-title = Предупреждение
warning-replaced = Поступила новая версия этого предупреждения. Смотрите её.
warning-disposed = Содержание удалено по истечении срока. Хэш и доказательства остались.
misfits-title = В этом предупреждении не всё сходится:
content-title = Что сказано
content-unreadable = Содержание не удалось открыть. Обратитесь к отправителю.
attachments-title = Вложения
attachment-number = Вложение { $number }
attachment-missing = Не дошло
attachment-relay = Исходное предупреждение, переданное дальше, с подписью автора.
attachment-text = Текст
attachment-cut = Остальное только в файле.
attachment-not-shown = Файлы этого вида здесь не показываются. Открывайте с осторожностью.
stix-objects = { $count ->
    [one] Набор STIX: { $count } объект
    [few] Набор STIX: { $count } объекта
   *[other] Набор STIX: { $count } объектов
}
cap-alert = Оповещение CAP
evidence-title = Что доказано
other-side-title = Что отправитель может доказать другим
own-side-title = Что вы можете доказать другим
other-side-text = Заключение по заявлениям из вашей собственной записи и по вашей политике доверия. У отправителя может быть больше.
own-side-text = Заключение по вашей политике доверия; показано всё, кроме источников.
finding-whole = Заключение целиком
held-title = { $count ->
    [one] { $count } подписанное заявление в записи
    [few] { $count } подписанных заявления в записи
   *[other] { $count } подписанных заявлений в записи
}
held-statement = Заявление
held-by = Подписано
held-since = Хранится с
held-place = Место в логе
held-at-index = № { $index }
held-not-yet = ещё не доказано
case-title = Дело
case-owner = Дело ведёт { $user } с { $time }.
case-nobody = Дело никто не взял.
case-take = Взять дело
case-acts = Кто что здесь делал
notes-title = Заметки для следующей смены
notes-none = Заметок нет.
note-label = Заметка
note-hint = Остаётся в этом доме. Не подписывается и не отправляется.
note-keep = Сохранить заметку
note-about = Предупреждение
attempts-title = Кого вызывали
attempt-taken = доставлено
attempt-failed = не доставлено
print-page = Страница для печати
print-hint = Распечатайте эту страницу из браузера.
print-by = Напечатано для пользователя { $user }, { $time }.

# Ответы
reply-title = Ответ
reply-receipt = Ваша машина подписала расписку: она расшифровала предупреждение. Только ответ человека показывает, что его приняли к сведению.
reply-given = Ваша сторона ответила: { $status }
reply-legend = Что вы отвечаете
reply-not-yours = Отвечает только дежурный.
reply-unreadable = На то, что не удалось открыть, ответить нельзя.
reply-no-role = У этого поста нет ключа роли, которым можно подписать ответ.
reply-note = Примечание для отправителя
reply-note-hint = В логе остаётся закрытым. Вы можете показать его позже; отправитель получит его от вас.
reply-signs = Подписывается ключом роли { $role } стороны { $party }, навсегда. Ответ нельзя взять назад; можно добавить новый.
reply-again = Дать ещё один ответ
reply-send = Подписать и отправить ответ
reply-acknowledged = Принято к сведению
reply-acknowledged-proves = Доказывает, что человек в вашей роли к этому времени принял предупреждение к сведению.
reply-declined = Отклонено
reply-declined-proves = Доказывает, что человек отказался принять его к сведению. Предупреждение всё равно считается сообщённым.
reply-investigating = Проверяем
reply-investigating-proves = Доказывает, что человек принял его к сведению и что вы его проверяете.
reply-affected = Нас касается
reply-affected-proves = Доказывает, что человек принял его к сведению и что ваш дом считает опасность своей.
reply-not-affected = Нас не касается
reply-not-affected-proves = Доказывает, что человек принял его к сведению и что ваш дом не считает опасность своей.
reply-disputed = Оспариваем
reply-disputed-proves = Доказывает, что человек принял его к сведению и что ваш дом оспаривает содержание.
reply-fixed = Устранено
reply-fixed-proves = Доказывает, что человек принял его к сведению и что ваш дом заявляет: опасность устранена.
reply-wrong-addressee = Не по адресу
reply-wrong-addressee-proves = Доказывает, что человек принял его к сведению и что, по мнению вашего дома, предупредить следовало другого.
reply-question = Вопрос
reply-question-proves = Доказывает, что человек принял его к сведению и задаёт встречный вопрос. Отсчёт времени ответа прекращается.
relay-title = Передать дальше
relay-explained = Выбранные поля уйдут другой стороне в вашем собственном предупреждении, с подписью автора. То, что вы это сделали, записывается в лог.
relay-to = Какой стороне
relay-to-hint = Имя, как оно стоит в каталоге, например west.example
relay-fields = Поля
relay-send = Подписать и передать
relay-signs = Доказывает, что ваш дом передал именно эти поля, кому и когда.
call-title = Занести звонок в запись
call-explained = Звонок, визит или письмо: слово вашего дома со временем, которое закрепляет лог. Доказывает, что вы тогда это заявили, а не что кто-то взял трубку.
call-to = Кому звонили
call-channel = Каким способом
channel-telephone = По телефону
channel-visit = Лично
channel-letter = Письмом
channel-mail = По электронной почте
call-note = Что было сказано и кому
call-note-hint = Остаётся закрытым, пока вы это не покажете.
call-keep = Подписать и занести в запись

# Доказательства
timeline-caption = Шаги этого предупреждения, каждый со временем, которое подтверждают независимые свидетели
timeline-step = Шаг
timeline-when = Когда
timeline-signers = Подписано
timeline-present = Достигнуто
timeline-missing = Не показано
timeline-scale = Шкала: от { $from } до { $to }.
signers-none = никем
interval-at = { $time }
interval-between = Между { $lo } и { $hi }
interval-until = Не позже { $hi }
interval-from = Не раньше { $lo }
interval-same-day = { $day }, между { $lo } и { $hi }
interval-unknown = Время ничем не ограничено
step-intent = Намерение
step-intent-sentence = Автор записал его в лог.
step-intent-missing = Запись автора не показана.
step-submitted = Подано
step-submitted-sentence = Узел обмена принял его.
step-submitted-missing = Принятие узлом обмена не показано.
step-available = Доступно
step-available-sentence = Оно лежало доступным в почтовых ящиках, которые объявила сторона { $party }.
step-available-missing = Не показано, что его держало достаточно хранителей стороны { $party }.
step-notified = Извещено
step-notified-sentence = Система стороны { $party } подписала, что знает о лежащем отправлении: это расписка машины.
step-notified-missing = Такая расписка системы стороны { $party } не показана.
step-handed-over = Вручено
step-handed-over-sentence = Его байты переданы сеансу стороны { $party }.
step-handed-over-missing = Вручение стороне { $party } не показано.
step-decrypted = Расшифровано
step-decrypted-sentence = Система стороны { $party } расшифровала его: это расписка машины.
step-decrypted-missing = Расписка системы стороны { $party } о расшифровке не показана.
step-acknowledged = Принято к сведению
step-acknowledged-sentence = Человек в роли у стороны { $party } ответил на него.
step-acknowledged-missing = Ответ человека стороны { $party } не показан.
step-declined = Отклонено
step-declined-sentence = Человек в роли у стороны { $party } отклонил его.
step-declined-missing = Ответ человека стороны { $party } не показан.
statement-submission = Подача
statement-submissionacceptance = Принятие узлом обмена
statement-submissionrejection = Отказ узла обмена
statement-contentconsignment = Передача хранителю
statement-custodyheads = Состояние ящиков у хранителя
statement-consignmentnotification = Посланный сигнал
statement-mailboxheadack = Расписка о ящике
statement-contenthandover = Вручение
statement-handoverfailure = Несостоявшееся вручение
statement-contentaccess = Расписка о содержании
statement-reply = Ответ человека
statement-replylodgement = Заверение ответа
statement-relay = Передача дальше
statement-relayconsent = Согласие на передачу
statement-denial = Отрицание
statement-outofbandnotice = Звонок в записи
statement-contentdispute = Жалоба на содержание
statement-disposal = Удаление

# Заключения
finding-title = Заключение
answer-proven = Доказано
answer-refuted = Опровергнуто
answer-not-decidable = Решить нельзя
finding-proven = Доказано, что сторону { $to } предупредила сторона { $from }.
finding-proven-before = Доказано, что сторону { $to } предупредила сторона { $from } до { $before }.
finding-proven-somebody = Доказано, что сторону { $to } предупредили.
finding-refuted = Опровергнуто, что сторону { $to } предупредили до { $before } через объявленные ею почтовые ящики. Предупреждали ли её иначе, не говорится.
finding-refuted-from = Опровергнуто, что сторону { $to } предупредила сторона { $from } до { $before } через объявленные ею почтовые ящики. Предупреждали ли её иначе, не говорится.
finding-open = Показанные доказательства не решают, предупредила ли сторону { $to } сторона { $from }.
finding-open-somebody = Показанные доказательства не решают, предупредили ли сторону { $to }.
finding-facts = { $count ->
    [one] Доказан { $count } факт.
    [few] Доказаны { $count } факта.
   *[other] Доказано { $count } фактов.
}
finding-silence = До { $deadline } у хранителей { $custodians } не оставлено ни одного ответа.
finding-silence-hours = Срок выпал на время вне объявленных часов получателя.
finding-author = Кто предупредил
finding-recipient = Кого предупредили
finding-reply = Ответ человека
finding-sequence = Порядок
finding-sequence-text = № { $number } от автора этому получателю
finding-later = Поздние версии
finding-later-none = Исправлялось ли оно или отзывалось позже, не показано.
finding-later-amended = { $count ->
    [one] Показано { $count } позднее исправление.
    [few] Показаны { $count } поздних исправления.
   *[other] Показано { $count } поздних исправлений.
}
finding-later-withdrawn = { $count ->
    [one] Показан { $count } поздний отзыв.
    [few] Показаны { $count } поздних исправления или отзыва; одно из них отзывает.
   *[other] Показано { $count } поздних исправлений или отзывов; одно из них отзывает.
}
finding-closed = Закрытые поля
finding-closed-text = Не показано полей: { $closed } из { $all }, считая пустые.
finding-said = Что было сказано
finding-signed-only = Подписано автором; доставка не показана
finding-caveats = Что нужно учитывать
finding-trust = Опирается на { $k } из { $n } организаций ({ $names }); { $f ->
    [0] ни одной лгущей среди них не допускается.
    [one] выдержит { $f } лгущую среди них.
    [few] выдержит { $f } лгущие среди них.
   *[other] выдержит { $f } лгущих среди них.
}
finding-trust-hash = SHA-256 политики доверия:
finding-obtain-policy = Получите политику доверия сами; пришедшая вместе с досье ничего не доказывает.
finding-not-qualified = Monition не является квалифицированной доверенной службой (Регламент (ЕС) № 910/2014, статья 44).
finding-own-words = Заключение словами самого судьи (по-английски)
no-finding-trust = У этого поста нет политики доверия, поэтому здесь нельзя дать заключение. Укажите её:
no-finding-later = Доказательства ещё собираются; узел обмена отвечает медленно.
no-finding-refused = Судья отвергает эти доказательства.
caveat-content-not-told = Содержание не считается сообщённым.
caveat-handover-by-word-alone = Вручение держится только на слове одной стороны.
caveat-specificity-understated = Автор заявил меньшую точность, чем у подписанного им поля.
caveat-signed-by-delegate = От имени стороны подписал её представитель.
caveat-key-provisional = В момент подписи ключ в каталоге был ещё предварительным.
caveat-key-suspected = Позже сторона заявила о злоупотреблении ключом. Обратной силы это не имеет.
caveat-interval-contradicted = Две границы времени противоречат друг другу; нижняя не используется.
caveat-party-contested = Кто-то оспорил запись стороны в каталоге.
caveat-keys-recovered = Ключи стороны однажды заменили её поручители.
caveat-statement-not-relied-upon = Одно заявление показано, но на него не опираются.
caveat-statements-not-logged = Не показано, что некоторые заявления стоят в засвидетельствованном логе; времени они не доказывают.
misbehaviour-by = Сторона { $party } противоречит сама себе
misbehaviour-split-view = Она подписала две версии одного лога, которые противоречат друг другу.
misbehaviour-eid-reused = Она подписала два разных заявления под одним идентификатором.
misbehaviour-item-equivocation = Она подписала два разных отправления на одном месте ящика.
misbehaviour-sequence-reused = Она послала одному получателю две разные подачи под одним номером.
misbehaviour-two-custody-roots = Она подписала два разных корня за один период.
misbehaviour-mailbox-twice = В одном подписанном ею корне один ящик стоит дважды.
misbehaviour-item-hidden = Она подписала более позднее состояние ящика, в котором прежние отправления пропали или изменены.
misbehaviour-false-denial = Она отрицала, что её предупредили, хотя сама подписала заявление об этом предупреждении.

# Написание
compose-title = Написать предупреждение
drafts-title = { $count ->
    [one] { $count } черновик
    [few] { $count } черновика
   *[other] { $count } черновиков
}
compose-to = Кому
compose-to-hint = Каждая сторона получает своё предупреждение. Никто не видит, кого ещё вы предупреждаете.
compose-to-amend = Исправление идёт тому же, кому ушла первая версия.
compose-nobody = Ни одна другая сторона не объявила, где её можно предупредить.
compose-what = Что это
compose-class-hint = Слова через точку, от общего к частному, например attack.cyber.ransomware
compose-urgency = Как быстро должен действовать получатель
compose-words = Словами
compose-summary-hint = Что вы знаете, в нескольких предложениях. Не пишите, откуда вы это знаете.
compose-advice-hint = Что получателю сделать в первую очередь.
compose-ladders = Что вы знаете, от грубого к точному
compose-ladders-hint = Заполните то, что знаете, остальное оставьте пустым. По этим полям считается и подписывается, насколько вы точны.
compose-reliability-hint = Адмиралтейский код, от A до F
compose-credibility-hint = Адмиралтейский код, от 1 до 6
compose-sources = Источники
compose-sources-hint = Подписываются вместе с предупреждением и закрыты. Задним числом их не добавить, и никто их не увидит, пока вы их не откроете.
compose-withheld = Не показывать источники и получателю
compose-withheld-consequence = Они остаются у вас, подписанные. Вы можете раскрыть их позже или никогда.
compose-not-withheld = Показать источники получателю
compose-not-withheld-consequence = Получатель их прочтёт. Другие увидят их, только если вы сами их откроете или дадите согласие.
compose-terms = Условия
compose-deadline-hint = Если к этому времени ответа не будет, молчание можно будет доказать.
compose-attach = Файлы
compose-attach-hint = Перетащите файлы сюда или выберите их: до восьми, каждый до одного мегабайта.
compose-attach-again = Файлы прежней версии не переносятся. Приложите снова то, что ещё верно.
compose-detach = Убрать
compose-more = Ещё
compose-aware-hint = С какого времени ваш дом об этом знает.
compose-reason = Причина исправления
compose-reason-hint = Показывается всегда, в том числе судье.
compose-preview = Посмотреть, что увидит каждая сторона
compose-keep = Сохранить черновик
compose-discard = Выбросить черновик
compose-needs-class = Укажите вид опасности.
compose-bad-class = Вид опасности пишется строчными латинскими словами через точку.
compose-needs-urgency = Укажите, как быстро должен действовать получатель.
compose-needs-tlp = Укажите, кому можно это видеть.
compose-needs-relay = Укажите, можно ли передавать дальше.
compose-needs-summary = Напишите суть.
compose-needs-recipient = Выберите хотя бы одного получателя.
compose-deadline-over = Время, к которому вы просите ответить, уже прошло.
preview-title = Что увидит каждая сторона
preview-recipient = { $count ->
    [one] Получатель увидит
    [few] Каждый из { $count } получателей увидит
   *[other] Каждый из { $count } получателей увидит
}
preview-judge = Судья при обычном раскрытии увидит
preview-judge-text = Всё, кроме источников. Прежде чем что-то отдать, вы ещё раз выберете поле за полем.
preview-custodians = Узел обмена и хранители увидят
preview-custodians-mailbox = Узел обмена: кто кого предупреждает. Хранители: только какой ящик.
preview-custodians-bodies = { $count ->
    [one] { $count } запечатанный файл, дополненный до общего размера
    [few] { $count } запечатанных файла, дополненных до общего размера
   *[other] { $count } запечатанных файлов, дополненных до общего размера
}
preview-custodians-not = Ничего из содержания, вида опасности и условий.
preview-public = Публичный лог показывает
preview-public-hash = Хэши, которые могут пересчитать только обладатели заявлений.
preview-public-time = Когда они были записаны.
preview-public-nothing = Ничего ни о содержании, ни об отправителе, ни о получателе.
preview-attachments = { $count ->
    [one] { $count } вложение
    [few] { $count } вложения
   *[other] { $count } вложений
}
preview-back = Изменить
preview-send = Подписать и отправить
preview-send-explained = Подписанного и отправленного не вернуть: его можно исправить или отозвать, и видно останется и то и другое.
preview-release-explained = Другой человек посмотрит именно на это и выпустит.
ask-release = Попросить о выпуске
difference-title = Что меняется
difference-field = Поле
difference-old = Было
difference-new = Стало
difference-none = Ничего не меняется.
outcome-title = Что получилось
outcome-sent = Узел обмена принял его.
outcome-waiting = Подписано и сохранено. Пост отправит его, как только узел обмена ответит.
outcome-failed = Ничего не отправлено.
outcome-look = Посмотреть

# Отправленные
sent-title = Отправленное предупреждение
sent-empty = Пока ничего не отправлено.
sent-rejected = Узел обмена отказал:
sent-unproven = { $count ->
    [one] У { $count } заявления ещё нет доказанного места в логе.
    [few] У { $count } заявлений ещё нет доказанного места в логе.
   *[other] У { $count } заявлений ещё нет доказанного места в логе.
}
stands-rejected = Узел обмена отказал
stands-waiting = Ждёт отправки
amend-title = Исправить
amend-explained = Новая версия заменит эту. Первая останется в логе и в записи получателя.
amend-begin = Начать исправление
withdraw-title = Отозвать
withdraw-explained = Получатель узнает, что предупреждение больше не в силе. То, что вы его давали, останется доказанным.
withdraw-reason = Причина
withdraw-reason-hint = Показывается всегда, в том числе судье.
withdraw-send = Подписать и отозвать
consent-title = Разрешить передачу
consent-explained = В вашем подписанном согласии названы сторона, поля и день, когда оно кончается.
consent-days = Действует дней
consent-send = Подписать согласие

# Выпуск
releases-four-eyes = Четыре глаза: всё, что покидает этот дом, выпускает второй человек.
releases-two-eyes = Выпускающий может выпускать один.
releases-empty = Ничто не ждёт выпуска.
release-warn = Предупреждение к отправке
release-relay = Предупреждение к передаче
release-withdraw = Предупреждение к отзыву
release-dossier = Досье к выдаче
release-waiting = Ждёт
release-released = Выпущено
release-refused = Отказано
release-asked = Просит { $user }, { $time }.
release-decided = Решение: { $user }, { $time }.
release-not-own = Вы сами об этом попросили. Решает другой человек.
release-release = Выпустить
release-refuse = Отказать
release-changed = После просьбы о выпуске черновик изменили. Нужно попросить снова.
release-gone = Черновика здесь больше нет.

# Досье
dossier-explained = Досье — один файл, по которому кто угодно без сети может решить, что было сказано, кем и когда. Выберите, что оно раскрывает; остальное останется закрытым.
dossier-make = Составить досье
dossier-question = Вопрос
dossier-question-about = Предупредила ли сторону { $to } об этом сторона { $from }?
dossier-question-hint = Предупредили ли сторону, кто и до какого времени?
dossier-party = Кого предупредили
dossier-by = Кто (можно не заполнять)
dossier-before = До какого времени
dossier-before-hint = Можно не заполнять. Без этого ответ никогда не будет «опровергнуто».
dossier-reveal = Что раскрывается
dossier-reveal-hint = Адресат показывается всегда. Показанные пустые поля доказывают, что они были пусты.
dossier-sources-hint = Откуда вы это знаете. Закрыто, пока вы не откроете здесь поле за полем.
dossier-sources-warning = Это раскрывает, откуда ваш дом это знает. Закрыть снова будет нельзя.
dossier-reveals = Раскрывает
dossier-see = Посмотреть заключение
dossier-finding-title = Заключение, которое получит посторонний
dossier-finding-explained = Пока ничего не вышло наружу. Вот что досье доказывает тому, кто доверяет той же политике, что и вы.
dossier-size = { $count ->
    [one] Заявлений: { $count }, байт: { $bytes }.
    [few] Заявлений: { $count }, байт: { $bytes }.
   *[other] Заявлений: { $count }, байт: { $bytes }.
}
dossier-irrevocable = Отданное закрыть снова нельзя.
dossier-export = Выдать досье

# Смена
shift-open = Без ответа

# Пост
desk-health = Состояние поста
desk-collected = Последний сбор почты
desk-followed = Последние новости от узла обмена
desk-never = Ещё не было
desk-keys = Ключи людей
desk-keys-open = Открыты, пока работает этот процесс
desk-keys-closed = Заперты; каждое действие спрашивает парольную фразу
desk-eyes = Выпуск
desk-failed = Не отвечает
desk-silences = Когда этот пост молчал
desk-silences-hint = В это время ничего не забиралось и расписки не подписывались. Хранители тем временем извещают контакты тревоги.
desk-no-silence = Ни разу с начала записи.
desk-silent-from = С
desk-silent-until = До
desk-silent-cause = Почему
desk-silent-still = Молчит до сих пор
desk-silent-stopped = Пост не работал
desk-silent-unreachable = Ни один хранитель не ответил
desk-silent-length = длилось { $span }
desk-alarms = Найденные противоречия
desk-no-alarm = Нет.
desk-who = Кто это
desk-exchange = Узел обмена
desk-custodians = Хранители
desk-quorum = (каждое отправление должны держать { $quorum })
desk-rhythm = Период сбора почты
desk-rhythm-text = раз в { $span }
desk-declared-until = Объявлено до
desk-not-declared = Ящик не объявлен; ничего поступить не может.
desk-trust = На кого опирается время
desk-trust-counts = ({ $k } из { $n })
desk-users = Пользователи

# Журнал
journal-hint = Кто что здесь делал. Каждая запись сцеплена с предыдущей; выгруженная копия покажет позднейшие изменения.
journal-export = Выгрузить журнал
journal-number = №
journal-when = Когда
journal-who = Кто
journal-what = Что
journal-subject = О чём
act-signed-in = вход
act-signed-out = выход
act-sign-in-failed = неудачный вход
act-viewed = просмотр
act-printed = страница для печати
act-downloaded = получение вложения
act-replied = ответ
act-relayed = передача дальше
act-noted-call = звонок в записи
act-took-over = взятие дела
act-handed-over = заметка
act-asked-release = просьба о выпуске
act-released = выпуск
act-refused-release = отказ в выпуске
act-sent = отправка
act-amended = исправление
act-withdrew = отзыв
act-consented = согласие на передачу
act-judged = просмотр заключения
act-revealed = выдача досье
act-exported-journal = выгрузка журнала
