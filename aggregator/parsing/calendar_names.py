"""Names of months beyond those of `months.py`, in the form of `months.words_of`.

Facts of the Unicode CLDR, written by `bench/calendar_names.py`: mend that, not this.
"""

from __future__ import annotations

# January first; of a name of two words a comma parts it from the next.
NAMES = (
    """
    ene, gener, ian, ianuarie, jaan, jaanuar, janar, januara, janvaris, led, leden, ledna, oca,
    saus, sausio, sausis, sij, sijecanj, sijecnja, sty, styczen, stycznia, tammi, tammikuu,
    tammikuuta, xan, xaneiro, yan, yanvar, yanwar, ιαν, ιανουαριοσ, ιανουαριου, сту, студзень,
    студзеня, січ, січень, січня, янв, январ, январь, января, яну, януари, јан, јануар, јануари,
    қаң, қаңтар, հնվ, հունվար, հունվարի, בינו, בינואר, ינו, ינואר, جانفی, ژانویه, کانون الثانی,
    کانوونی دووەم, ینایر, जन, जाने, जानेवारी, জানু, জানুয়ারি, ਜਨ, ਜਨਵਰੀ, જાન્યુ, જાન્યુઆરી, ஜன,
    ஜனவரி, జన, జనవరి, ಜನ, ಜನವರಿ, ജനു, ജനുവരി, දුරුතු, ม ค, มกราคม, ມ ກ, ມັງກອນ, ဇန်, ဇန်နဝါရီ,
    იან, იანვარი, ጃን, ጃንዋሪ, មករា
    """,
    """
    febr, febreiro, febrer, februara, februarie, februaris, fevral, few, fewral, helmi,
    helmikuu, helmikuuta, lut, lutego, luty, peb, pebrero, shk, shkurt, sub, uno, unor, unora,
    vas, vasario, vasaris, veebr, veebruar, velj, veljaca, veljace, φεβ, φεβρουαριοσ,
    φεβρουαριου, ақп, ақпан, лют, лютага, лютии, лютого, люты, феб, фебруар, фев, февр, феврал,
    февраль, февраля, февруари, փետրվար, փետրվարի, փտվ, בפבר, בפברואר, פבר, פברואר, شباط, شوبات,
    فبرایر, فبروری, فوریه, فیفری, فېبروری, फ़र, फ़रवरी, फेब्रु, फेब्रुअरी, फेब्रुवारी, ফেব,
    ফেব্রুয়ারি, ਫ਼ਰ, ਫ਼ਰਵਰੀ, ફેબ્રુ, ફેબ્રુઆરી, பிப், பிப்ரவரி, ఫిబ్ర, ఫిబ్రవరి, ಫೆಬ್ರ,
    ಫೆಬ್ರವರಿ, ഫെബ്രു, ഫെബ്രുവരി, නවම්, ก พ, กุมภาพันธ์, ກ ພ, ກຸມພາ, ဖေ, ဖေဖော်ဝါရီ, თებ,
    თებერვალი, ፌብ, ፌብሩዋሪ, កុម្ភៈ
    """,
    """
    bre, brezen, brezna, kov, kovas, kovo, maalis, maaliskuu, maaliskuuta, mac, machi, marc,
    marca, marcius, marec, maret, marso, martie, marts, marzec, ozu, ozujak, ozujka, μαρ,
    μαρτιοσ, μαρτιου, бер, березень, березня, мар, март, марта, нау, наурыз, сак, сакавік,
    сакавіка, մարտ, մարտի, մրտ, במרץ, מרץ, اذار, مارس, یازار, মার্চ, ਮਾਰਚ, માર્ચ, மார், மார்ச்,
    మార్చి, ಮಾರ್ಚ್, മാർ, മാർച്ച്, මැදින්, มี ค, มีนาคม, ມ ນ, ມີນາ, မတ်, მარ, მარტი, ማርች, មីនា
    """,
    """
    aprel, aprila, aprili, aprilie, aprilis, aprill, bal, balandis, balandzio, dub, duben,
    dubna, huhti, huhtikuu, huhtikuuta, kwi, kwiecien, kwietnia, nis, pri, prill, tra, travanj,
    travnja, απρ, απριλιοσ, απριλιου, апр, апрел, апрель, апреля, април, квіт, квітень, квітня,
    кра, красавік, красавіка, сәу, сәуір, ապր, ապրիլ, ապրիլի, אפר, אפריל, באפר, באפריל, ابریل,
    افریل, اوریل, نیسان, अप्रिल, एप्रि, एप्रिल, এপ্রি, এপ্রিল, ਅਪ੍ਰੈ, ਅਪ੍ਰੈਲ, એપ્રિલ, ஏப்,
    ஏப்ரல், ఏప్రి, ఏప్రిల్, ಏಪ್ರಿ, ಏಪ್ರಿಲ್, ഏപ്രി, ഏപ്രിൽ, බක්, เม ย, เมษายน, ມ ສ, ເມສາ, ဧ,
    ဧပြီ, აპრ, აპრილი, ኤፕሪ, ኤፕሪል, មេសា
    """,
    """
    geg, geguze, geguzes, kve, kveten, kvetna, maig, maijs, maj, maja, majus, svi, svibanj,
    svibnja, touko, toukokuu, toukokuuta, μαι, μαιοσ, μαιου, маи, мам, мамыр, мая, мај, трав,
    травень, травня, մայիս, մայիսի, մյս, במאי, מאי, ایار, مای, مایو, مه, مۍ, یایار, मे, মে, ਮਈ,
    મે, மே, మే, ಮೇ, മേയ്, වෙසක්, พ ค, พฤษภาคม, ພ ພ, ພຶດສະພາ, မေ, მაი, მაისი, ሜይ, ឧសភា
    """,
    """
    birz, birzelio, birzelis, cerven, cervna, cvn, cze, czerwca, czerwiec, haz, hun, hunyo, iun,
    iunie, iyn, iyun, juna, junij, junijs, junius, juny, juuni, kesa, kesakuu, kesakuuta,
    lipanj, lipnja, qer, qershor, xuno, ιουν, ιουνιοσ, ιουνιου, июн, июнь, июня, мау, маусым,
    черв, червень, червня, чэр, чэрвень, чэрвеня, юни, јун, јуни, հնս, հունիս, հունիսի, ביוני,
    יוני, جوان, حزیران, حوزەیران, ژوین, یونیو, जुन, জুন, ਜੂਨ, જૂન, ஜூன், జూన్, ಜೂನ್, ജൂൺ,
    පොසොන්, มิ ย, มิถุนายน, ມິ ຖ, ມິຖຸນາ, ဇွန်, ივნ, ივნისი, ጁን, មិថុនា
    """,
    """
    cervence, cervenec, cvc, heina, heinakuu, heinakuuta, hul, hulyo, iul, iulie, iyl, iyul,
    jula, julai, julij, julijs, juliol, julius, juuli, korr, korrik, liep, liepa, liepos, lip,
    lipca, lipiec, srpanj, srpnja, tem, xul, xullo, ιουλ, ιουλιοσ, ιουλιου, июл, июль, июля,
    лип, липень, липня, ліп, ліпень, ліпеня, шіл, шілде, юли, јул, јули, հլս, հուլիս, հուլիսի,
    ביולי, יולי, تموز, تەمووز, جولای, جویلیة, ژوییه, یولیو, یولیوز, जुल, जुलै, জুল, জুলাই, ਜੁਲਾ,
    ਜੁਲਾਈ, જુલાઈ, ஜூலை, జులై, ಜುಲೈ, ജൂലൈ, ඇසළ, ก ค, กรกฎาคม, ກ ລ, ກໍລະກົດ, ဇူ, ဇူလိုင်, ივლ,
    ივლისი, ጁላይ, កក្កដា
    """,
    """
    agost, agosti, agu, agust, agustus, augusta, augusti, augusts, augusztus, avg, avgust, avq,
    avqust, awg, awgust, elo, elokuu, elokuuta, gush, gusht, kol, kolovoz, kolovoza, ogo, ogos,
    rugp, rugpjucio, rugpjutis, sie, sierpien, sierpnia, srp, srpen, srpna, αυγ, αυγουστοσ,
    αυγουστου, авг, август, августа, жні, жнівень, жніуня, серп, серпень, серпня, там, тамыз,
    օգոստոս, օգոստոսի, օգս, אוג, אוגוסט, באוג, באוגוסט, اب, اغسطس, اوت, اګست, غشت, یاب, अग,
    अगस्ट, ऑग, ऑगस्ट, আগ, আগস্ট, ਅਗ, ਅਗਸਤ, ઑગસ્ટ, ஆக, ஆகஸ்ட், ఆగ, ఆగస్టు, ಆಗ, ಆಗಸ್ಟ್, ഓഗ,
    ഓഗസ്റ്റ്, නිකිණි, ส ค, สิงหาคม, ສ ຫ, ສິງຫາ, ဩ, ဩဂုတ်, აგვ, აგვისტო, ኦገስ, ኦገስት, សីហា
    """,
    """
    eyl, rugs, rugsejis, rugsejo, ruj, rujan, rujna, sen, sentabr, sentyabr, septemba,
    septembar, septembra, septembrie, septembris, setembre, setyembre, sht, shtator, syys,
    syyskuu, syyskuuta, szept, szeptember, wrz, wrzesien, wrzesnia, zar, zari, σεπ, σεπτεμβριοσ,
    σεπτεμβριου, вер, верасень, верасня, вересень, вересня, сен, сент, сентябр, сентябрь,
    сентября, сеп, септембар, септември, қыр, қыркүиек, սեպ, սեպտեմբեր, սեպտեմբերի, בספט,
    בספטמבר, ספט, ספטמבר, ایلول, سبتمبر, سپتامبر, سپتمبر, سېپتمبر, شتنبر, یەیلوول, सप्टें,
    सप्टेंबर, सित, सेप्टेम्बर, সেপ, সেপ্ট, সেপ্টেম্বর, ਸਤੰ, ਸਤੰਬਰ, સપ્ટે, સપ્ટેમ્બર, செப்,
    செப்டம்பர், సెప్టెం, సెప్టెంబర్, ಸೆಪ್ಟೆಂ, ಸೆಪ್ಟೆಂಬರ್, സെപ്റ്റം, സെപ്റ്റംബർ, බිනර, ก ย,
    กันยายน, ກ ຍ, ກັນຍາ, စက်, စက်တင်ဘာ, სექ, სექტემბერი, ሴፕቴ, ሴፕቴምበር, កញ្ញា
    """,
    """
    eki, loka, lokakuu, lokakuuta, octombrie, oktabr, oktoba, oktobar, oktobra, oktobris,
    oktoober, oktubre, oktyabr, paz, pazdziernik, pazdziernika, rij, rijen, rijna, spal, spalio,
    spalis, tet, tetor, οκτ, οκτωβριοσ, οκτωβριου, жовт, жовтень, жовтня, кас, кастрычнік,
    кастрычніка, окт, октобар, октомври, октябр, октябрь, октября, қаз, қазан, հոկ, հոկտեմբեր,
    հոկտեմբերի, אוק, אוקטובר, באוק, באוקטובר, اکتبر, تشرین الاول, تشرینی یەکەم, अक्टू, अक्टोबर,
    ऑक्टो, ऑक्टोबर, অক্টো, অক্টোবর, ਅਕਤੂ, ਅਕਤੂਬਰ, ઑક્ટો, ઑક્ટોબર, அக், அக்டோபர், అక్టో,
    అక్టోబర్, ಅಕ್ಟೋ, ಅಕ್ಟೋಬರ್, ഒക്ടോ, ഒക്ടോബർ, වප්, ต ค, ตุลาคม, ຕ ລ, ຕຸລາ, အောက်,
    အောက်တိုဘာ, ოქტ, ოქტომბერი, ኦክቶ, ኦክቶበር, តុលា
    """,
    """
    kas, lapkr, lapkricio, lapkritis, lis, listopad, listopada, listopadu, marras, marraskuu,
    marraskuuta, nen, nentor, nob, nobyembre, noiembrie, novemba, novembar, novembra, novembris,
    noy, noyabr, stu, studeni, studenoga, νοε, νοεμβριοσ, νοεμβριου, лист, листопад, листопада,
    ліс, лістапад, лістапада, нов, новембар, ное, ноември, ноя, нояб, ноябр, ноябрь, ноября,
    қар, қараша, նոյ, նոյեմբեր, նոյեմբերի, בנוב, בנובמבר, נוב, נובמבר, تشرین الثانی, تشرینی
    دووەم, نوامبر, نوفمبر, نونبر, नव, नोभेम्बर, नोव्हें, नोव्हेंबर, নভে, নভেম্বর, ਨਵੰ, ਨਵੰਬਰ,
    નવે, નવેમ્બર, நவ, நவம்பர், నవం, నవంబర్, ನವೆಂ, ನವೆಂಬರ್, നവം, നവംബർ, ඉල්, พ ย, พฤศจิกายน, ພ ຈ,
    ພະຈິກ, နို, နိုဝင်ဘာ, ნოე, ნოემბერი, ኖቬም, ኖቬምበር, វិច្ឆិកា
    """,
    """
    ara, decembar, decembra, decembrie, decembris, decembro, dek, dekabr, des, desemba,
    desember, desembre, dets, detsember, dhj, dhjetor, dis, disember, disyembre, gru, grudnia,
    grudzien, gruod, gruodis, gruodzio, joulu, joulukuu, joulukuuta, pro, prosinac, prosinca,
    prosince, prosinec, δεκ, δεκεμβριοσ, δεκεμβριου, груд, грудень, грудня, дек, декабр,
    декабрь, декабря, декември, дец, децембар, жел, желтоқсан, сне, снежань, снежня, դեկ,
    դեկտեմբեր, դեկտեմբերի, בדצמ, בדצמבר, דצמ, דצמבר, دجنبر, دسامبر, دیسمبر, کانون الاول, کانونی
    یەکەم, डिसें, डिसेंबर, डिसेम्बर, दिस, ডিসে, ডিসেম্বর, ਦਸੰ, ਦਸੰਬਰ, ડિસે, ડિસેમ્બર, டிச,
    டிசம்பர், డిసెం, డిసెంబర్, ಡಿಸೆಂ, ಡಿಸೆಂಬರ್, ഡിസം, ഡിസംബർ, උඳුවප්, ธ ค, ธันวาคม, ທ ວ, ທັນວາ,
    ဒီ, ဒီဇင်ဘာ, დეკ, დეკემბერი, ዲሴም, ዲሴምበር, ធ្នូ
    """,
)
