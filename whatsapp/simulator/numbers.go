package simulator

import (
	"context"
	"net/http"
	"slices"
	"time"
)

var numberFields = []string{"verified_name", "code_verification_status", "display_phone_number", "quality_rating", "platform_type", "throughput"}

func (s *Simulator) numberJSON(n Number) object {
	level := "STANDARD"
	if n.Throughput > 80 {
		level = "HIGH"
	}
	return object{
		"id": n.PhoneNumberID, "display_phone_number": n.DisplayPhone, "verified_name": n.VerifiedName, "quality_rating": "GREEN",
		"code_verification_status": "VERIFIED", "name_status": "APPROVED", "status": "CONNECTED", "platform_type": "CLOUD_API",
		"account_mode": "LIVE", "is_official_business_account": false, "throughput": object{"level": level},
		"whatsapp_business_manager_messaging_limit": "TIER_2K", "messaging_limit_tier": "TIER_2K",
		"health_status":         healthStatus("PHONE_NUMBER", n.PhoneNumberID, true),
		"webhook_configuration": object{"application": s.webhookURL()},
	}
}

func (s *Simulator) webhookURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.webhook
}

func healthStatus(kind, id string, ok bool) object {
	can := "AVAILABLE"
	if !ok {
		can = "BLOCKED"
	}
	return object{"can_send_message": can, "entities": []any{object{"entity_type": kind, "id": id, "can_send_message": can}}}
}

func (s *Simulator) showNumber(r *http.Request, n Number) (any, *graphError) {
	return pick(r, s.numberJSON(n), numberFields...)
}

func (s *Simulator) listNumbers(r *http.Request) (any, *graphError) {
	data := []any{}
	for _, n := range s.opts.Numbers {
		item, refused := pick(r, s.numberJSON(n), numberFields...)
		if refused != nil {
			return nil, refused
		}
		data = append(data, item)
	}
	return object{"data": data, "paging": object{"cursors": object{"before": "MA", "after": "MQ"}}}, nil
}

func (s *Simulator) showAccount(r *http.Request) (any, *graphError) {
	return pick(r, object{
		"id": s.opts.WABAID, "name": s.opts.Business, "currency": "EUR", "timezone_id": "1", "account_review_status": "APPROVED",
		"message_template_namespace": nil, "health_status": healthStatus("WABA", s.opts.WABAID, true),
	}, "name", "currency", "timezone_id")
}

// subscribedApps attaches the app to the account, lists it, or detaches it: webhooks go out only while it is attached. An
// override of the callback is verified first, as Meta does.
func (s *Simulator) subscribedApps(r *http.Request) (any, *graphError) {
	if r.Method == http.MethodGet {
		s.mu.Lock()
		defer s.mu.Unlock()
		data := []any{}
		if s.subscribed {
			data = append(data, object{"whatsapp_business_api_data": object{
				"id": s.opts.AppID, "name": s.opts.Business, "link": "https://www.facebook.com/games/?app_id=" + s.opts.AppID,
			}})
		}
		return object{"data": data}, nil
	}
	body, refused := readJSON(r)
	if refused != nil {
		return nil, refused
	}
	target := body.str("override_callback_uri")
	if r.Method == http.MethodPost && target != "" {
		ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
		defer cancel()
		if err := s.verify(ctx, target, body.str("verify_token")); err != nil {
			return nil, &graphError{code: 2200, status: http.StatusBadRequest, message: "(#2200) Callback verification failed"}
		}
		s.SetWebhook(target)
	}
	s.mu.Lock()
	s.subscribed = r.Method == http.MethodPost
	s.mu.Unlock()
	return success, nil
}

var profileFields = []string{"about", "address", "description", "email", "profile_picture_url", "websites", "vertical"}

func (s *Simulator) showProfile(r *http.Request, n Number) (any, *graphError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := object{"messaging_product": "whatsapp"}
	for _, field := range profileFields {
		all[field] = s.profiles[n.PhoneNumberID][field]
	}
	profile, refused := pick(r, all, "messaging_product")
	if refused != nil {
		return nil, refused
	}
	profile["messaging_product"] = "whatsapp"
	return object{"data": []any{profile}}, nil
}

func (s *Simulator) editProfile(r *http.Request, n Number) (any, *graphError) {
	body, refused := readJSON(r)
	if refused != nil {
		return nil, refused
	}
	if body.str("messaging_product") != "whatsapp" {
		return nil, &graphError{code: 100, message: "(#100) The parameter messaging_product is required."}
	}
	for field, most := range map[string]int{"about": 139, "address": 256, "description": 512, "email": 128} {
		if length(body.str(field)) > most {
			return nil, refuse(100, "Param %s must be at most %d characters long.", field, most)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	profile := s.profiles[n.PhoneNumberID]
	if profile == nil {
		profile = object{}
		s.profiles[n.PhoneNumberID] = profile
	}
	for key, value := range body {
		switch {
		case slices.Contains(profileFields, key):
			profile[key] = value
		case key != "messaging_product" && key != "profile_picture_handle":
			return nil, refuse(100, `Unexpected key "%s" on param "root".`, key)
		}
	}
	return success, nil
}

func (s *Simulator) listBlocked(n Number) object {
	s.mu.Lock()
	defer s.mu.Unlock()
	data := []any{}
	for _, c := range s.customers {
		if s.blocked[conversationKey{n.PhoneNumberID, c.ID}] {
			data = append(data, object{"messaging_product": "whatsapp", "wa_id": c.WaID, "user_id": c.BSUID})
		}
	}
	return object{"data": data}
}

// blockUsers blocks or unblocks customers who wrote in the last 24 hours. Mixed results come with HTTP 400 (6.8).
func (s *Simulator) blockUsers(r *http.Request, n Number) (any, *graphError) {
	body, refused := readJSON(r)
	if refused != nil {
		return nil, refused
	}
	users := body.list("block_users")
	if len(users) == 0 {
		return nil, refuse(100, "The parameter block_users is required.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	done, failed := []any{}, []any{}
	for _, user := range users {
		c := s.customerByPhone(digits(user.str("user")))
		if c == nil {
			c = s.customerByBSUID(user.str("user_id"))
		}
		input := user.str("user") + user.str("user_id")
		switch {
		case c == nil:
			failed = append(failed, object{"input": input, "errors": []any{object{"code": 131026, "message": title(131026)}}})
			continue
		case r.Method == http.MethodPost:
			key := conversationKey{n.PhoneNumberID, c.ID}
			if !s.conversations[key].open(s.clock()) {
				failed = append(failed, object{"input": input, "wa_id": c.WaID, "errors": []any{object{
					"code": 139100, "message": "Failed to block/unblock users", "error_data": object{"details": "Re-engagement required: the user has not written in the last 24 hours."},
				}}})
				continue
			}
			s.blocked[key] = true
		default:
			delete(s.blocked, conversationKey{n.PhoneNumberID, c.ID})
		}
		done = append(done, object{"input": input, "wa_id": c.WaID, "user_id": c.BSUID})
	}
	name := "added_users"
	if r.Method == http.MethodDelete {
		name = "removed_users"
	}
	lists := object{name: done, "failed_users": failed}
	answer := object{"messaging_product": "whatsapp", "block_users": lists}
	if len(failed) > 0 {
		return nil, &graphError{code: 139100, message: "(#139100) Failed to block/unblock some users", extra: answer}
	}
	return answer, nil
}
