//! What the texts of the corpus say, in eight languages.

/// A text in one language: name, description and advice. `{}` stands for what the object is about.
pub(super) struct Phrase {
    pub(super) language: &'static str,
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) advice: &'static str,
}

const fn phrase(language: &'static str, name: &'static str, description: &'static str, advice: &'static str) -> Phrase {
    Phrase { language, name, description, advice }
}

/// Each subject in every language, English first.
pub(super) const SUBJECTS: [[Phrase; 8]; 3] = [
    [
        phrase(
            "en",
            "Ransomware staging at {}",
            "Loaders that precede encryption were seen reaching {} from several networks. The operators wait two to four days, then act at night or before a holiday.",
            "Block the address, look for new scheduled tasks, and test that the backups can be restored.",
        ),
        phrase(
            "fa",
            "آماده‌سازی باج‌افزار در {}",
            "بارگذارهایی که پیش از رمزگذاری می‌آیند از چند شبکه به {} رسیده‌اند. گردانندگان دو تا چهار روز صبر می‌کنند و سپس شب‌هنگام یا پیش از تعطیلات دست به کار می‌شوند.",
            "نشانی را ببندید، به‌دنبال وظیفه‌های زمان‌بندی‌شدهٔ تازه بگردید و بازیابی نسخه‌های پشتیبان را بیازمایید.",
        ),
        phrase(
            "ru",
            "Подготовка вымогателей: {}",
            "Загрузчики, которые предшествуют шифрованию, обращаются к {} из нескольких сетей. Операторы ждут от двух до четырёх дней, затем действуют ночью или перед праздником.",
            "Заблокируйте адрес, проверьте новые задания планировщика и восстановление из резервных копий.",
        ),
        phrase(
            "ar",
            "تحضير لبرمجية فدية في {}",
            "رُصدت محمِّلات تسبق التشفير تتصل بـ {} من عدة شبكات. ينتظر المشغِّلون يومين إلى أربعة أيام ثم يتحركون ليلًا أو قبل العطلة.",
            "احجبوا العنوان، وابحثوا عن مهام مجدولة جديدة، واختبروا استعادة النسخ الاحتياطية.",
        ),
        phrase(
            "de",
            "Vorbereitung von Erpressungssoftware bei {}",
            "Ladeprogramme, die der Verschlüsselung vorausgehen, erreichen {} aus mehreren Netzen. Die Betreiber warten zwei bis vier Tage und handeln nachts oder vor einem Feiertag.",
            "Adresse sperren, neue geplante Aufgaben suchen, Wiederherstellung der Sicherungen prüfen.",
        ),
        phrase(
            "fr",
            "Préparation d’un rançongiciel sur {}",
            "Des chargeurs qui précèdent le chiffrement joignent {} depuis plusieurs réseaux. Les opérateurs attendent deux à quatre jours, puis agissent la nuit ou avant un jour férié.",
            "Bloquez l’adresse, cherchez les nouvelles tâches planifiées et testez la restauration des sauvegardes.",
        ),
        phrase(
            "hi",
            "{} पर फिरौती सॉफ़्टवेयर की तैयारी",
            "एन्क्रिप्शन से पहले आने वाले लोडर कई नेटवर्क से {} तक पहुँचते देखे गए। संचालक दो से चार दिन प्रतीक्षा करते हैं, फिर रात में या छुट्टी से पहले कार्रवाई करते हैं।",
            "पता रोकें, नए निर्धारित कार्य खोजें और बैकअप की बहाली जाँचें।",
        ),
        phrase(
            "ja",
            "{} でのランサムウェア準備",
            "暗号化に先立つローダーが複数のネットワークから {} に到達しています。攻撃者は二日から四日待ち、夜間または休日前に動きます。",
            "アドレスを遮断し、新しい予約タスクを探し、バックアップの復元を確かめてください。",
        ),
    ],
    [
        phrase(
            "en",
            "Credential phishing through {}",
            "Messages about unpaid customs fees lead to {}, where a copy of the sign-in page asks for a second factor and passes it on within the minute.",
            "Reset the accounts that visited it and require keys that are bound to the site.",
        ),
        phrase(
            "fa",
            "سرقت گذرواژه از راه {}",
            "پیام‌هایی دربارهٔ عوارض گمرکی پرداخت‌نشده به {} می‌رسند؛ آنجا رونوشتی از صفحهٔ ورود، عامل دوم را می‌خواهد و در همان دقیقه به کار می‌برد.",
            "حساب‌هایی را که آن را باز کرده‌اند بازنشانی کنید و کلیدهای وابسته به نشانی بخواهید.",
        ),
        phrase(
            "ru",
            "Фишинг учётных данных через {}",
            "Письма о неоплаченной пошлине ведут на {}, где копия страницы входа запрашивает второй фактор и передаёт его в ту же минуту.",
            "Сбросьте учётные записи, открывавшие страницу, и требуйте ключи, привязанные к сайту.",
        ),
        phrase(
            "ar",
            "تصيُّد بيانات الدخول عبر {}",
            "رسائل عن رسوم جمركية غير مدفوعة تقود إلى {}، حيث تطلب نسخة من صفحة الدخول العامل الثاني وتمرره خلال الدقيقة.",
            "أعيدوا تعيين الحسابات التي زارته واشترطوا مفاتيح مرتبطة بالموقع.",
        ),
        phrase(
            "de",
            "Abgreifen von Zugangsdaten über {}",
            "Nachrichten über unbezahlte Zollgebühren führen zu {}; eine Kopie der Anmeldeseite fragt dort den zweiten Faktor ab und reicht ihn binnen einer Minute weiter.",
            "Betroffene Konten zurücksetzen und an die Seite gebundene Schlüssel verlangen.",
        ),
        phrase(
            "fr",
            "Hameçonnage d’identifiants par {}",
            "Des messages sur des droits de douane impayés mènent à {}, où une copie de la page de connexion demande le second facteur et le transmet dans la minute.",
            "Réinitialisez les comptes concernés et exigez des clés liées au site.",
        ),
        phrase(
            "hi",
            "{} के ज़रिए पासवर्ड की चोरी",
            "बकाया सीमा शुल्क के संदेश {} तक ले जाते हैं, जहाँ प्रवेश पृष्ठ की नकल दूसरा कारक माँगती है और उसी मिनट आगे भेज देती है।",
            "जिन खातों ने इसे खोला उन्हें रीसेट करें और साइट से बँधी कुंजियाँ माँगें।",
        ),
        phrase(
            "ja",
            "{} を使った認証情報の詐取",
            "未払いの関税を装う連絡が {} に誘導し、偽のサインイン画面が第二要素を求めて一分以内に転送します。",
            "開いたアカウントを再設定し、サイトに結び付いた鍵を必須にしてください。",
        ),
    ],
    [
        phrase(
            "en",
            "Probing of water controllers from {}",
            "Slow scans from {} ask for the model of pump controllers and read registers without writing. Earlier scans of this kind were followed by changes of set points within two weeks.",
            "Take the controllers off public networks and compare the set points with the paper record.",
        ),
        phrase(
            "fa",
            "کاوش کنترل‌گرهای آب از {}",
            "پویش‌های آهسته از {} مدل کنترل‌گر پمپ‌ها را می‌پرسند و ثبّات‌ها را بدون نوشتن می‌خوانند. پس از پویش‌های پیشین از این دست، ظرف دو هفته مقدارهای تنظیم تغییر کرد.",
            "کنترل‌گرها را از شبکه‌های همگانی جدا کنید و مقدارها را با سند کاغذی بسنجید.",
        ),
        phrase(
            "ru",
            "Зондирование контроллеров водоснабжения: {}",
            "Медленные сканирования с {} запрашивают модель контроллеров насосов и читают регистры, ничего не записывая. За прежними сканированиями такого рода в течение двух недель менялись уставки.",
            "Отключите контроллеры от открытых сетей и сверьте уставки с бумажным журналом.",
        ),
        phrase(
            "ar",
            "استطلاع متحكمات المياه من {}",
            "عمليات مسح بطيئة من {} تسأل عن طراز متحكمات المضخات وتقرأ السجلات دون كتابة. وقد أعقبت مثيلاتها تغييراتٌ في قيم الضبط خلال أسبوعين.",
            "افصلوا المتحكمات عن الشبكات العامة وقارنوا القيم بالسجل الورقي.",
        ),
        phrase(
            "de",
            "Ausforschung von Wassersteuerungen von {}",
            "Langsame Abfragen von {} erfragen das Modell von Pumpensteuerungen und lesen Register, ohne zu schreiben. Auf frühere folgten binnen zwei Wochen geänderte Sollwerte.",
            "Steuerungen von öffentlichen Netzen trennen und Sollwerte mit der Papierakte vergleichen.",
        ),
        phrase(
            "fr",
            "Sondage d’automates de l’eau depuis {}",
            "Des balayages lents depuis {} demandent le modèle des automates de pompage et lisent des registres sans écrire. Les précédents ont été suivis de changements de consigne en deux semaines.",
            "Retirez les automates des réseaux publics et comparez les consignes au registre papier.",
        ),
        phrase(
            "hi",
            "{} से जल नियंत्रकों की टोह",
            "{} से धीमे स्कैन पंप नियंत्रकों का मॉडल पूछते हैं और बिना लिखे रजिस्टर पढ़ते हैं। ऐसे पिछले स्कैन के दो सप्ताह के भीतर निर्धारित मान बदले गए।",
            "नियंत्रकों को सार्वजनिक नेटवर्क से हटाएँ और मानों को काग़ज़ी अभिलेख से मिलाएँ।",
        ),
        phrase(
            "ja",
            "{} からの水道制御装置の探索",
            "{} からの低速な走査がポンプ制御装置の型式を尋ね、書き込まずにレジスタを読み取ります。過去の同種の走査では二週間以内に設定値が変更されました。",
            "制御装置を公衆網から外し、設定値を紙の記録と照合してください。",
        ),
    ],
];

/// Names of organisations: places on no map.
pub(super) const ORGANISATIONS: [&str; 6] = [
    "Northland CERT",
    "Southland Hospital Trust",
    "Harbour of Eastmouth",
    "Westvale Water",
    "Bank of Midmark",
    "Islet Air",
];

/// Names of groups and programs, which are nobody's.
pub(super) const CODENAMES: [&str; 8] = [
    "GREY HERON",
    "PAPER LANTERN",
    "TIN WHISTLE",
    "SLOW RIVER",
    "GLASS ANVIL",
    "COLD KETTLE",
    "BLUE THIMBLE",
    "DRY WELL",
];

/// Sectors (STIX 2.1 §10.15).
pub(super) const SECTORS: [&str; 6] =
    ["healthcare", "transportation", "water", "energy", "financial-services", "aerospace"];
