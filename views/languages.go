package views

import "strings"

// languageTag is short enough for a chip: "en_US" is "EN-US".
func languageTag(code string) string { return strings.ToUpper(strings.ReplaceAll(code, "_", "-")) }

// languageName is what a template's language is called; a code that is not known stays a code (platform document 8.6).
func languageName(code string) string {
	language, region, _ := strings.Cut(code, "_")
	name, ok := languages[language]
	if !ok {
		return languageTag(code)
	}
	if region == "" {
		return name
	}
	return name + " (" + region + ")"
}

var languages = map[string]string{
	"af": "Afrikaans", "sq": "Albanian", "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian", "bn": "Bengali", "bg": "Bulgarian",
	"ca": "Catalan", "zh": "Chinese", "hr": "Croatian", "cs": "Czech", "da": "Danish", "prs": "Dari", "nl": "Dutch", "en": "English",
	"et": "Estonian", "fil": "Filipino", "fi": "Finnish", "fr": "French", "ka": "Georgian", "de": "German", "el": "Greek",
	"gu": "Gujarati", "ha": "Hausa", "he": "Hebrew", "hi": "Hindi", "hu": "Hungarian", "id": "Indonesian", "ga": "Irish", "it": "Italian",
	"ja": "Japanese", "kn": "Kannada", "kk": "Kazakh", "rw": "Kinyarwanda", "ko": "Korean", "ky": "Kyrgyz", "lo": "Lao", "lv": "Latvian",
	"lt": "Lithuanian", "mk": "Macedonian", "ms": "Malay", "ml": "Malayalam", "mr": "Marathi", "nb": "Norwegian", "ps": "Pashto",
	"fa": "Persian", "pl": "Polish", "pt": "Portuguese", "pa": "Punjabi", "ro": "Romanian", "ru": "Russian", "sr": "Serbian",
	"si": "Sinhala", "sk": "Slovak", "sl": "Slovenian", "es": "Spanish", "sw": "Swahili", "sv": "Swedish", "ta": "Tamil", "te": "Telugu",
	"th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek", "vi": "Vietnamese", "zu": "Zulu",
}
