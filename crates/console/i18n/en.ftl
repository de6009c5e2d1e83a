# Frame
nav-label = Main navigation
nav-inbox = Inbox
nav-sent = Sent
nav-compose = Write a warning
nav-releases = Releases
nav-dossier = Dossier
nav-shift = Hand-over
nav-desk = Desk
nav-journal = Journal
skip-to-content = Skip to the content
language-label = Language
theme-light = Light
theme-dark = Dark
theme-auto = Automatic
sign-out = Sign out
footer-clock = All times are in
count-open = { $count ->
    [one] { $count } warning waits for an answer
   *[other] { $count } warnings wait for an answer
}
live-new = Something new has come. The page has been brought up to date.
live-notification = Monition: a warning waits
page-next = Next page
reload = Load again
back-to-inbox = Back to the inbox
back-to-sent = Back to what was sent
back-to-warning = Back to the warning
from = From
to = To
bytes = { $count ->
    [one] { $count } byte
   *[other] { $count } bytes
}
download = Download

# Sign-in
sign-in = Sign in
sign-in-to = This is the desk of { $party }.
sign-in-name = Name
sign-in-password = Password
sign-in-wrong = The name or the password is wrong.
sign-in-too-often = Too many tries. Wait five minutes, then try again.
sign-in-no-users = No user has been made yet. Make the first one on this machine:
passphrase-label = Passphrase of the people's keys
passphrase-hint = The keys that sign for people are locked. They are opened for this one act and closed again.

# Errors
error-title = This did not work
error-not-found = There is nothing here with this address.
error-forbidden = Your role does not allow this.
error-stale-form = This form is no longer valid. Load the page again and repeat what you did.
error-too-large = The files are too large or too many: up to eight, each up to one megabyte.
error-text = A text cannot be taken.
error-party = This is not the name of a party.
error-question = This is not a question that can be judged.
error-choose-answer = Choose an answer.
error-needs-reason = Give a reason.
error-desk = The desk refused this.
error-console = The console failed. The operator finds the cause in the log.
error-nothing-sent = Unless the page says otherwise, nothing was signed and nothing was sent.
problem-usage-relay-forbidden = The sender forbids passing this warning on. Ask the sender to warn the other party.
problem-usage-relay-withdrawn = The warning was withdrawn; it cannot be passed on.
problem-usage-relay-retention = The warning was to be deleted by now; it cannot be passed on.
problem-usage-relay-consent-needed = Passing this on needs the sender's signed consent. Ask for it.
problem-usage-relay-source = How the sender knows passes only with a consent that names it.
problem-usage-relay-consent-expired = The sender's consent has expired. Ask for a new one.
problem-usage-relay-not-covered = The sender's consent does not cover one of these fields.
problem-usage-relay-not-held = One of these fields is closed to you and cannot be passed on.
problem-usage-relay-nothing = Choose at least one field.
problem-usage-no-declaration = This party has not declared where it can be told.
problem-internal-unreachable = The exchange does not answer. Try again in a moment.
problem-usage-passphrase = The passphrase does not open the keys.

# Time
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
hijri-month-1 = Farvardin
hijri-month-2 = Ordibehesht
hijri-month-3 = Khordad
hijri-month-4 = Tir
hijri-month-5 = Mordad
hijri-month-6 = Shahrivar
hijri-month-7 = Mehr
hijri-month-8 = Aban
hijri-month-9 = Azar
hijri-month-10 = Dey
hijri-month-11 = Bahman
hijri-month-12 = Esfand
date-written = { $day } { $month } { $year }
time-on-day = { $day }, { $time }
time-in = in { $span }
time-ago = { $span } ago
span-seconds = { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
}
span-minutes = { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}
span-hours = { $hours ->
    [one] { $hours } hour
   *[other] { $hours } hours
}
span-hours-minutes = { $hours } h { $minutes } min
span-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
}
span-days-hours = { $days } d { $hours } h

# Words of the protocol
urgency-routine = Routine
urgency-priority = Priority
urgency-immediate = Immediate
urgency-flash = Flash
status-first = First
status-amended = Amended
status-withdrawn = Withdrawn
tlp-red-consequence = For the named recipients only. Nobody else may see it.
tlp-amber-strict-consequence = For the recipient's organisation only, as far as people need it.
tlp-amber-consequence = For the recipient's organisation and its clients, as far as they need it.
tlp-green-consequence = For the recipient's community; not for the public.
tlp-clear-consequence = Without limit; it may become public.
relay-terms-none = Not to be passed on
relay-terms-none-consequence = The recipient may pass nothing of it on. The console refuses to.
relay-terms-ask = To be passed on with consent
relay-terms-ask-consequence = Each passing on needs the sender's signed consent, which names the recipient and the fields.
relay-terms-tlp = To be passed on as the TLP label allows
relay-terms-tlp-consequence = The recipient decides within the label. Each passing on is signed and logged.
role-reader = Reader
role-duty-officer = Duty officer
role-releaser = Releaser
grade-i0 = Key only
grade-i2 = Name vouched for
grade-i2-sponsors = by { $sponsors }
grade-exchange = The exchange itself
grade-unknown = Not in the directory
level-0 = nothing
level-1 = a category
level-2 = bounded
level-3 = narrow
level-4 = exact
axis-actor = Who will do it
axis-target = To whom
axis-place = Where
axis-time = When
axis-means = How
axis-source = How the sender knows
axis-nothing = Nothing is said about this.
meter-sentence = { $axis }: level { $level } of 4, { $word }
meter-claimed = (claimed: { $level })
source-withheld = The sender keeps this to itself. It is signed and may be revealed later.
group-address = Addressee and references
group-message = Message
group-place = Place
group-time = Time
group-target = Target
group-actor = Actor, means and rating
group-attachments = Attachments
group-source = Sources
field-addressee = Addressee
field-summary = Summary
field-advice = What to do
field-place-country = Country
field-place-region = Region
field-place-city = City
field-place-site = Exact place
field-time-month = Month
field-time-window = Window of time
field-time-day = Day
field-time-hour = Hour
field-target-sector = Sector
field-target-organisation = Organisation
field-target-site = Site or system
field-actor-type = Kind of actor
field-actor-name = Name of the actor
field-means = Means
field-rating-reliability = Reliability of the source
field-rating-credibility = Credibility of the information
field-source-kind = Kind of source
field-source-method = Method
field-source-names = Names
field-aware-at = Aware since
field-our-ref = Sender's reference
field-campaign = Campaign
field-attachment = Attachment
class-label = Kind of danger
deadline-label = Answer asked for by
rating-label = Reliability and credibility
tlp-label = Who may see it
relay-label = Passing on
embargo-label = Not public before
retain-label = To be deleted after
received-label = Came
composed-label = Written
id-label = Identifier
sources-label = Sources
reason-label = Reason:
value-not-used = not used

# Inbox
filter-label = Which warnings
filter-all = All
filter-open = Unanswered
filter-unread = Unread
filter-answered = Answered
search-label = Search the warnings
search-button = Search
inbox-empty = Nothing waits here.
inbox-nothing-found = Nothing was found.
badge-unread = New
badge-misfit = Does not fit
row-no-summary = Without a summary
row-disposed = Deleted after its time
sender-unknown = Sender not shown
clock-answered = Answered: { $status }
clock-replaced = Replaced by a newer version
clock-over = Overdue by { $span }
clock-until = Answer due in { $span }
clock-no-deadline = Unanswered
state-fatal = The desk cannot collect. Warnings may lie unread.
state-silent = The desk has collected nothing for { $span }. Warnings may lie unread.
state-some-failed = { $count ->
    [one] One custodian does not answer: { $names }
   *[other] { $count } do not answer: { $names }
}
state-loading = { $count ->
    [one] { $count } more warning is being opened …
   *[other] { $count } more warnings are being opened …
}
keys-title = Keys
keys-text = j and k: down and up. Enter: open. u: back to the list. /: search.
notify-allow = Allow notifications on this machine

# A warning
warning-title = Warning
warning-replaced = A newer version of this warning has come. Look at that one.
warning-disposed = The content was deleted after its time. Its hash and the evidence remain.
misfits-title = Not everything in this warning fits together:
content-title = What is said
content-unreadable = The content could not be opened. The sender has to be asked.
attachments-title = Attachments
attachment-number = Attachment { $number }
attachment-missing = Did not arrive
attachment-relay = The original of a warning that was passed on, with its author's signature.
attachment-text = Text
attachment-cut = The rest is only in the file.
attachment-not-shown = This kind of file is not shown here. Open it with care.
stix-objects = { $count ->
    [one] A STIX bundle with { $count } object
   *[other] A STIX bundle with { $count } objects
}
cap-alert = A CAP alert
evidence-title = What is proven
other-side-title = What the sender can prove to others
own-side-title = What you can prove to others
other-side-text = Judged with the statements in your own record and your own trust policy. The sender may hold more.
own-side-text = Judged with your own trust policy, with everything but the sources shown.
finding-whole = The whole finding
held-title = { $count ->
    [one] { $count } signed statement in the record
   *[other] { $count } signed statements in the record
}
held-statement = Statement
held-by = Signed by
held-since = Held since
held-place = Place in the log
held-at-index = no. { $index }
held-not-yet = not proven yet
case-title = The case
case-owner = { $user } has taken it over, { $time }.
case-nobody = Nobody has taken it over.
case-take = Take it over
case-acts = Who did what here
notes-title = Notes for the next shift
notes-none = No notes.
note-label = Note
note-hint = Stays in this house. It is not signed and not sent.
note-keep = Keep the note
note-about = The warning
attempts-title = Who was called
attempt-taken = delivered
attempt-failed = not delivered
print-page = Page for printing
print-hint = Print this page with your browser.
print-by = Printed for { $user }, { $time }.

# Answers
reply-title = Answer
reply-receipt = Your machine has signed a receipt: it decrypted the warning. Only a person's answer shows that somebody took notice.
reply-given = Your side answered: { $status }
reply-legend = What you answer
reply-not-yours = Only a duty officer answers.
reply-unreadable = What could not be opened cannot be answered.
reply-no-role = This desk has no role key with which to sign an answer.
reply-note = Note to the sender
reply-note-hint = Stays closed in the log. You can show it later; the sender gets it from you.
reply-signs = Signed with the key of the role { $role } of { $party }, for good. An answer cannot be taken back; a later one can be added.
reply-again = Give another answer
reply-send = Sign and send the answer
reply-acknowledged = Acknowledged
reply-acknowledged-proves = Proves that a person in your role took notice of this warning by this time.
reply-declined = Declined
reply-declined-proves = Proves that a person refused to take notice of it. The warning still counts as told.
reply-investigating = Investigating
reply-investigating-proves = Proves that a person took notice and that you are looking into it.
reply-affected = Affected
reply-affected-proves = Proves that a person took notice and that your house says the danger concerns it.
reply-not-affected = Not affected
reply-not-affected-proves = Proves that a person took notice and that your house says the danger does not concern it.
reply-disputed = Disputed
reply-disputed-proves = Proves that a person took notice and that your house contests the content.
reply-fixed = Fixed
reply-fixed-proves = Proves that a person took notice and that your house says it has dealt with the danger.
reply-wrong-addressee = Wrong addressee
reply-wrong-addressee-proves = Proves that a person took notice and that your house says another one should have been warned.
reply-question = Question
reply-question-proves = Proves that a person took notice and asks back. The clock of the answer stops.
relay-title = Pass it on
relay-explained = Chosen fields go to another party in a warning of your own, with the author's signature. That you did so is logged.
relay-to = To which party
relay-to-hint = The name as it stands in the directory, such as west.example
relay-fields = Fields
relay-send = Sign and pass on
relay-signs = Proves that your house passed exactly these fields on, to whom and when.
call-title = Put a call on record
call-explained = A call, a visit or a letter, as your house's own word with a time that the log fixes. It proves that you said so then, not that anybody picked up.
call-to = Who was called
call-channel = How
channel-telephone = By telephone
channel-visit = By a visit
channel-letter = By letter
channel-mail = By e-mail
call-note = What was said, and to whom
call-note-hint = Stays closed until you show it.
call-keep = Sign and put on record

# Evidence
timeline-caption = The steps of this warning, each with the time that independent witnesses attest
timeline-step = Step
timeline-when = When
timeline-signers = Signed by
timeline-present = Reached
timeline-missing = Not shown
timeline-scale = The bars reach from { $from } to { $to }.
signers-none = nobody
interval-at = At { $time }
interval-between = Between { $lo } and { $hi }
interval-until = Not after { $hi }
interval-from = Not before { $lo }
interval-same-day = { $day }, between { $lo } and { $hi }
interval-unknown = At a time that nothing bounds
step-intent = Intent
step-intent-sentence = Its author logged it.
step-intent-missing = No entry by its author is shown.
step-submitted = Submitted
step-submitted-sentence = The exchange accepted it.
step-submitted-missing = No acceptance by the exchange is shown.
step-available = Available
step-available-sentence = It lay available in the mailboxes that { $party } had declared.
step-available-missing = It is not shown that enough custodians of { $party } held it.
step-notified = Notified
step-notified-sentence = The system of { $party } signed that it knew an item lay there: a receipt by a machine.
step-notified-missing = No such receipt by the system of { $party } is shown.
step-handed-over = Handed over
step-handed-over-sentence = Its bytes were handed to a session of { $party }.
step-handed-over-missing = No handover to { $party } is shown.
step-decrypted = Decrypted
step-decrypted-sentence = The system of { $party } decrypted it: a receipt by a machine.
step-decrypted-missing = No receipt that the system of { $party } decrypted it is shown.
step-acknowledged = Acknowledged
step-acknowledged-sentence = A person in a role of { $party } answered it.
step-acknowledged-missing = No answer by a person of { $party } is shown.
step-declined = Declined
step-declined-sentence = A person in a role of { $party } declined it.
step-declined-missing = No answer by a person of { $party } is shown.
statement-submission = Submission
statement-submissionacceptance = Acceptance by the exchange
statement-submissionrejection = Refusal by the exchange
statement-contentconsignment = Consignment to a custodian
statement-custodyheads = A custodian's heads
statement-consignmentnotification = Alarm sent
statement-mailboxheadack = Receipt for the mailbox
statement-contenthandover = Handover
statement-handoverfailure = Failed handover
statement-contentaccess = Receipt for the content
statement-reply = A person's answer
statement-replylodgement = Countersignature of an answer
statement-relay = Passing on
statement-relayconsent = Consent to passing on
statement-denial = Denial
statement-outofbandnotice = Call on record
statement-contentdispute = Complaint about the content
statement-disposal = Deletion

# Findings
finding-title = Finding
answer-proven = Proven
answer-refuted = Refuted
answer-not-decidable = Not decidable
finding-proven = It is proven that { $to } was told by { $from }.
finding-proven-before = It is proven that { $to } was told by { $from } before { $before }.
finding-proven-somebody = It is proven that { $to } was told.
finding-refuted = It is refuted that { $to } was told before { $before } through the mailboxes that it had declared. Whether it was told by other ways is not said.
finding-refuted-from = It is refuted that { $to } was told by { $from } before { $before } through the mailboxes that it had declared. Whether it was told by other ways is not said.
finding-open = The evidence shown does not decide whether { $to } was told by { $from }.
finding-open-somebody = The evidence shown does not decide whether { $to } was told.
finding-facts = { $count ->
    [one] { $count } fact is proven.
   *[other] { $count } facts are proven.
}
finding-silence = No answer was lodged with { $custodians } by { $deadline }.
finding-silence-hours = The deadline fell outside the recipient's declared hours.
finding-author = Who warned
finding-recipient = Who was warned
finding-reply = A person's answer
finding-sequence = Sequence
finding-sequence-text = No. { $number } from the author to this recipient
finding-later = Later versions
finding-later-none = Whether it was later amended or withdrawn is not shown.
finding-later-amended = { $count ->
    [one] One later amendment is shown.
   *[other] { $count } later amendments are shown.
}
finding-later-withdrawn = { $count ->
    [one] A later withdrawal is shown.
   *[other] { $count } later amendments or withdrawals are shown; one of them withdraws.
}
finding-closed = Closed fields
finding-closed-text = { $closed } of { $all } fields are not shown, empty ones included.
finding-said = What was said
finding-signed-only = Signed by the author; delivery not shown
finding-caveats = To bear in mind
finding-trust = Rests on { $k } of { $n } organisations ({ $names }); it would survive { $f ->
    [0] no lying one
    [one] one lying one
   *[other] { $f } lying ones
} among them.
finding-trust-hash = SHA-256 of the trust policy:
finding-obtain-policy = Obtain the trust policy yourself; one that came with the dossier proves nothing.
finding-not-qualified = Monition is not a qualified trust service (Regulation (EU) No 910/2014, Article 44).
finding-own-words = The finding in the judge's own words (English)
no-finding-trust = This desk has no trust policy, so nothing can be judged here. Name one:
no-finding-later = The evidence is still being put together; the exchange answers slowly.
no-finding-refused = The judge refuses this evidence.
caveat-content-not-told = The content does not count as told.
caveat-handover-by-word-alone = The handover rests on one party's word alone.
caveat-specificity-understated = The author claimed to be less specific than a field that it signed.
caveat-signed-by-delegate = A delegate signed in a party's name.
caveat-key-provisional = A key was still provisional in the directory when it signed.
caveat-key-suspected = A party later alleged misuse of a key. That is not retroactive.
caveat-interval-contradicted = The two bounds of a time contradict each other; the lower one is not used.
caveat-party-contested = Somebody contested a directory entry of a party.
caveat-keys-recovered = A party's keys were once replaced by its sponsors.
caveat-statement-not-relied-upon = A statement is shown and not relied upon.
caveat-statements-not-logged = Some statements are not shown to stand in a witnessed log and prove no time.
misbehaviour-by = { $party } contradicted itself
misbehaviour-split-view = It signed two versions of one log that contradict each other.
misbehaviour-eid-reused = It signed two different statements under one identifier.
misbehaviour-item-equivocation = It signed two different items at one place of a mailbox.
misbehaviour-sequence-reused = It sent two different submissions under one number to one recipient.
misbehaviour-two-custody-roots = It signed two different roots for one period.
misbehaviour-mailbox-twice = One root that it signed holds one mailbox twice.
misbehaviour-item-hidden = It signed a later state of a mailbox that lacks or changes earlier items.
misbehaviour-false-denial = It denied having been told, and had signed a statement about that very warning.

# Writing
compose-title = Write a warning
drafts-title = { $count ->
    [one] { $count } draft
   *[other] { $count } drafts
}
compose-to = To whom
compose-to-hint = Each party gets a warning of its own. None sees whom else you warn.
compose-to-amend = An amendment goes to whom the first version went.
compose-nobody = No other party has declared where it can be told.
compose-what = What it is
compose-class-hint = Dotted words, general to special, such as attack.cyber.ransomware
compose-urgency = How fast the recipient must act
compose-words = In words
compose-summary-hint = What you know, in a few sentences. Leave out how you know it.
compose-advice-hint = What the recipient should do first.
compose-ladders = What you know, coarse to fine
compose-ladders-hint = Fill in what you know and leave the rest empty. How specific you are is counted from these fields and signed.
compose-reliability-hint = Admiralty code, A to F
compose-credibility-hint = Admiralty code, 1 to 6
compose-sources = Sources
compose-sources-hint = Signed with the warning and closed. Nobody can add them in hindsight, and nobody sees them unless you open them.
compose-withheld = Keep the sources from the recipient too
compose-withheld-consequence = They stay with you, signed. You may reveal them later, or never.
compose-not-withheld = Show the sources to the recipient
compose-not-withheld-consequence = The recipient reads them. Others see them only if you or a consent of yours opens them.
compose-terms = Terms
compose-deadline-hint = Without an answer by then, the silence can be proven.
compose-attach = Files
compose-attach-hint = Drop files here or choose them: up to eight, each up to one megabyte.
compose-attach-again = Files of the version before do not come along. Attach again what still holds.
compose-detach = Remove
compose-more = More
compose-aware-hint = Since when your house has known it.
compose-reason = Reason for the amendment
compose-reason-hint = Always shown, also to a judge.
compose-preview = Look at what each side will see
compose-keep = Keep as a draft
compose-discard = Discard the draft
compose-needs-class = Say what kind of danger it is.
compose-bad-class = The kind of danger is written in lower-case words with dots between them.
compose-needs-urgency = Say how fast the recipient must act.
compose-needs-tlp = Say who may see it.
compose-needs-relay = Say whether it may be passed on.
compose-needs-summary = Write a summary.
compose-needs-recipient = Choose at least one recipient.
compose-deadline-over = The time by which you ask for an answer is over.
preview-title = What each side will see
preview-recipient = { $count ->
    [one] The recipient sees
   *[other] Each of { $count } recipients sees
}
preview-judge = A judge with the usual opening sees
preview-judge-text = Everything but the sources. You choose again, field by field, before you hand anything over.
preview-custodians = Exchange and custodians see
preview-custodians-mailbox = The exchange: who warns whom. Custodians: only which mailbox.
preview-custodians-bodies = { $count ->
    [one] { $count } sealed file, padded
   *[other] { $count } sealed files, padded
}
preview-custodians-not = Nothing of the content, of the kind of danger or of the terms.
preview-public = The public log shows
preview-public-hash = Hashes that only holders of the statements can recompute.
preview-public-time = When they were logged.
preview-public-nothing = Nothing of the content, of the sender or of the recipient.
preview-attachments = { $count ->
    [one] { $count } attachment
   *[other] { $count } attachments
}
preview-back = Change it
preview-send = Sign and send
preview-send-explained = Once signed and sent, it cannot be unsaid: it can be amended or withdrawn, and both stay visible.
preview-release-explained = Another person looks at exactly this and releases it.
ask-release = Ask for release
difference-title = What changes
difference-field = Field
difference-old = Before
difference-new = After
difference-none = Nothing changes.
outcome-title = What came of it
outcome-sent = The exchange accepted it.
outcome-waiting = Signed and kept. The desk sends it as soon as the exchange answers.
outcome-failed = Nothing was sent.
outcome-look = Look at it

# Sent
sent-title = Sent warning
sent-empty = Nothing was sent yet.
sent-rejected = The exchange refused it:
sent-unproven = { $count ->
    [one] { $count } statement does not yet have its proven place in the log.
   *[other] { $count } statements do not yet have their proven places in the log.
}
stands-rejected = Refused by the exchange
stands-waiting = Waiting to be sent
amend-title = Amend it
amend-explained = A new version replaces this one. The first stays in the log and in the recipient's record.
amend-begin = Begin an amendment
withdraw-title = Withdraw it
withdraw-explained = The recipient is told that the warning no longer stands. That you gave it remains proven.
withdraw-reason = Reason
withdraw-reason-hint = Always shown, also to a judge.
withdraw-send = Sign and withdraw
consent-title = Allow it to be passed on
consent-explained = Your signed consent names the party, the fields and a day on which it ends.
consent-days = Valid for days
consent-send = Sign the consent

# Releases
releases-four-eyes = Four eyes: whatever leaves this house is released by a second person.
releases-two-eyes = A releaser may let things leave alone.
releases-empty = Nothing waits for a release.
release-warn = A warning to be sent
release-relay = A warning to be passed on
release-withdraw = A warning to be withdrawn
release-dossier = A dossier to be exported
release-waiting = Waiting
release-released = Released
release-refused = Refused
release-asked = { $user } asked for it, { $time }.
release-decided = { $user } decided, { $time }.
release-not-own = You asked for this yourself. Another person decides.
release-release = Release it
release-refuse = Refuse it
release-changed = The draft was changed after the release was asked for. It must be asked for again.
release-gone = The draft is no longer here.

# Dossier
dossier-explained = A dossier is one file from which anybody can judge offline what was said, by whom and when. Choose what it reveals; everything else stays closed.
dossier-make = Make a dossier
dossier-question = The question
dossier-question-about = Was { $to } told by { $from } of this warning?
dossier-question-hint = Was the party told, by whom, before when?
dossier-party = Who was told
dossier-by = By whom (may stay empty)
dossier-before = Before when
dossier-before-hint = May stay empty. Without it the answer is never "refuted".
dossier-reveal = What is revealed
dossier-reveal-hint = The addressee is always shown. Empty fields that are shown prove that they were empty.
dossier-sources-hint = How you know. Closed unless you open it here, field by field.
dossier-sources-warning = This reveals how your house knows. It cannot be closed again.
dossier-reveals = Reveals
dossier-see = See the finding
dossier-finding-title = The finding that a stranger would get
dossier-finding-explained = Nothing has left yet. This is what the dossier proves to somebody who trusts the same policy as you.
dossier-size = { $count ->
    [one] { $count } statement, { $bytes } bytes.
   *[other] { $count } statements, { $bytes } bytes.
}
dossier-irrevocable = What is handed over cannot be closed again.
dossier-export = Export the dossier

# Hand-over
shift-open = Unanswered

# Desk
desk-health = How the desk is
desk-collected = Last collected
desk-followed = Last news from the exchange
desk-never = Not yet
desk-keys = Keys of people
desk-keys-open = Open while this process runs
desk-keys-closed = Locked; each act asks for the passphrase
desk-eyes = Release
desk-failed = Does not answer
desk-silences = When this desk was silent
desk-silences-hint = In these times nothing was collected and no receipt was signed. Custodians ring the alarm contacts meanwhile.
desk-no-silence = Never since records began.
desk-silent-from = From
desk-silent-until = Until
desk-silent-cause = Why
desk-silent-still = Still silent
desk-silent-stopped = The desk was not running
desk-silent-unreachable = No custodian answered
desk-silent-length = for { $span }
desk-alarms = Contradictions found
desk-no-alarm = None.
desk-who = Who this is
desk-exchange = Exchange
desk-custodians = Custodians
desk-quorum = ({ $quorum } must hold each item)
desk-rhythm = Rhythm of collecting
desk-rhythm-text = every { $span }
desk-declared-until = Declared until
desk-not-declared = No mailbox is declared; nothing can come.
desk-trust = Whom it relies on for time
desk-trust-counts = ({ $k } of { $n })
desk-users = Users

# Journal
journal-hint = Who did what here. Each entry is chained to the one before it; an exported copy shows later changes.
journal-export = Export the journal
journal-number = No.
journal-when = When
journal-who = Who
journal-what = What
journal-subject = About
act-signed-in = signed in
act-signed-out = signed out
act-sign-in-failed = failed to sign in
act-viewed = viewed
act-printed = opened for printing
act-downloaded = took an attachment
act-replied = answered
act-relayed = passed on
act-noted-call = put a call on record
act-took-over = took over
act-handed-over = wrote a note
act-asked-release = asked for release
act-released = released
act-refused-release = refused a release
act-sent = sent
act-amended = amended
act-withdrew = withdrew
act-consented = consented to passing on
act-judged = looked at a finding
act-revealed = exported a dossier
act-exported-journal = exported the journal
