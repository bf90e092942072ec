package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"agentdesk/store"
)

// listedTemplate is a template as the account lists it (8.2).
type listedTemplate struct {
	ID              text                          `json:"id"`
	Name            text                          `json:"name"`
	Language        text                          `json:"language"`
	Status          text                          `json:"status"`
	Category        text                          `json:"category"`
	CorrectCategory text                          `json:"correct_category"`
	Format          text                          `json:"parameter_format"`
	Components      list[store.TemplateComponent] `json:"components"`
	Rejected        text                          `json:"rejected_reason"`
	Quality         struct {
		Score text `json:"score"`
	} `json:"quality_score"`
}

const (
	templateFields      = "id,name,language,status,category,components,parameter_format,quality_score,rejected_reason"
	moreTemplateFields  = templateFields + ",correct_category"
	templatesPerPage    = "100"
	mostPages           = 200 // 6,000 templates are the most an account can have (8.3)
	codeInvalidArgument = 100
)

// templates fetches the whole list, page by page. It follows cursors and never the address that Meta writes into a page:
// the token goes to one host only. An error on any page is an error of all: half a list would look like deletions.
func (c *Client) templates(ctx context.Context, token, wabaID string) ([]store.Template, error) {
	found, err := c.templatePages(ctx, token, wabaID, moreTemplateFields)
	var refusal *GraphError
	if errors.As(err, &refusal) && refusal.Code == codeInvalidArgument { // a version that does not know a field
		found, err = c.templatePages(ctx, token, wabaID, templateFields)
	}
	return found, err
}

func (c *Client) templatePages(ctx context.Context, token, wabaID, fields string) ([]store.Template, error) {
	var found []store.Template
	after := ""
	for range mostPages {
		query := url.Values{"fields": {fields}, "limit": {templatesPerPage}}
		if after != "" {
			query.Set("after", after)
		}
		var page struct {
			Data   list[listedTemplate] `json:"data"`
			Paging struct {
				Next    text `json:"next"`
				Cursors struct {
					After text `json:"after"`
				} `json:"cursors"`
			} `json:"paging"`
		}
		if err := c.get(ctx, token, query, &page, wabaID, "message_templates"); err != nil {
			return nil, fmt.Errorf("list templates: %w", err)
		}
		for _, t := range page.Data {
			if t.Name != "" && t.Language != "" {
				found = append(found, t.stored(wabaID))
			}
		}
		if page.Paging.Next == "" || page.Paging.Cursors.After == "" || len(page.Data) == 0 {
			return found, nil
		}
		after = string(page.Paging.Cursors.After)
	}
	return nil, fmt.Errorf("list templates: more than %d pages", mostPages)
}

func (t listedTemplate) stored(wabaID string) store.Template {
	out := store.Template{
		WABAID: wabaID, MetaID: string(t.ID), Name: string(t.Name), Language: language(t.Language),
		Category: strings.ToUpper(string(t.Category)), Status: strings.ToUpper(string(t.Status)),
		Quality: strings.ToUpper(string(t.Quality.Score)), ParameterFormat: strings.ToUpper(string(t.Format)), Components: t.Components,
	}
	if out.ParameterFormat == "" {
		out.ParameterFormat = "POSITIONAL"
	}
	if t.Rejected != "NONE" {
		out.Reason = string(t.Rejected)
	}
	if next := strings.ToUpper(string(t.CorrectCategory)); next != out.Category {
		out.NextCategory = next
	}
	return out
}

// facts is what the account tells about a number (9).
type facts struct {
	DisplayPhone text `json:"display_phone_number"`
	VerifiedName text `json:"verified_name"`
	Quality      text `json:"quality_rating"`
	Status       text `json:"status"`
	Limit        text `json:"whatsapp_business_manager_messaging_limit"`
	Throughput   struct {
		Level text `json:"level"`
	} `json:"throughput"`
	Health struct {
		CanSend text `json:"can_send_message"`
	} `json:"health_status"`
}

const (
	factFields     = "display_phone_number,verified_name,quality_rating,status,throughput"
	moreFactFields = factFields + ",whatsapp_business_manager_messaging_limit,health_status"
)

func (c *Client) facts(ctx context.Context, token, phoneNumberID string) (facts, error) {
	var f facts
	err := c.get(ctx, token, url.Values{"fields": {moreFactFields}}, &f, phoneNumberID)
	var refusal *GraphError
	if errors.As(err, &refusal) && refusal.Code == codeInvalidArgument {
		err = c.get(ctx, token, url.Values{"fields": {factFields}}, &f, phoneNumberID)
	}
	if err != nil {
		return f, fmt.Errorf("number facts: %w", err)
	}
	return f, nil
}

// stored are the facts in the store's words; empty ones are not known.
func (f facts) stored() store.Number {
	n := store.Number{
		DisplayPhone: string(f.DisplayPhone), VerifiedName: string(f.VerifiedName), Quality: strings.ToUpper(string(f.Quality)),
		Status: strings.ToUpper(string(f.Status)), MessagingLimit: string(f.Limit),
	}
	switch f.Throughput.Level { // an open list; a level that is not known changes nothing (9)
	case "STANDARD":
		n.Throughput = 80
	case "HIGH":
		n.Throughput = 1000
	}
	return n
}
