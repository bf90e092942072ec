package views

import "agentdesk/store"

const ProfileTitle = "Profile"

// ProfileSavedURL leads back to the profile and says what was saved.
func ProfileSavedURL(what string) string { return withQuery(ProfileURL, "saved", what) }

const ProfilePasswordURL = "/profile/password"

// ProfilePage is one's own particulars.
type ProfilePage struct {
	Frame  Frame
	Form   ProfileForm
	Errors Errors // of the password form
	Saved  string // "profile" or "password"
}

type ProfileForm struct {
	Name, TimeZone, Theme string
	Errors                Errors
}

func ProfileFormOf(a store.Agent) ProfileForm {
	return ProfileForm{Name: a.Name, TimeZone: a.TimeZone, Theme: a.Theme}
}

var themeOptions = []Option{{"", "As the system says"}, {"light", "Light"}, {"dark", "Dark"}}
