// Go module github.com/silenceper/wechat/v2, unmodified. net/http reads HTTPS_PROXY and SSL_CERT_FILE.
//
// It has no calls for cards: those go the way its users take, its token with its util.PostJSON.
// One process for one way; prints one JSON line for the version and one for each scenario.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/silenceper/wechat/v2"
	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/officialaccount"
	"github.com/silenceper/wechat/v2/officialaccount/config"
	"github.com/silenceper/wechat/v2/officialaccount/message"
	"github.com/silenceper/wechat/v2/officialaccount/server"
	"github.com/silenceper/wechat/v2/util"
)

const wechatHost = "https://api.weixin.qq.com"

type object = map[string]interface{}

var (
	mock   = os.Getenv("INTEROP_MOCK")
	appid  = os.Getenv("INTEROP_APPID")
	token  = os.Getenv("INTEROP_TOKEN")
	aesKey = os.Getenv("INTEROP_AES_KEY")
	// The control API is asked directly, whatever the proxy.
	direct = &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func expect(actual, wanted interface{}, what string) {
	a, w := fmt.Sprintf("%#v", actual), fmt.Sprintf("%#v", wanted)
	if a != w {
		panic(fmt.Errorf("%s: wanted %s, got %s", what, w, a))
	}
}

func expectMatch(actual, pattern, what string) {
	if !regexp.MustCompile(pattern).MatchString(actual) {
		panic(fmt.Errorf("%s: wanted %s, got %q", what, pattern, actual))
	}
}

// control makes a call of the mock's control API.
func control(method, path string, body object) object {
	sent, err := json.Marshal(body)
	check(err)
	request, err := http.NewRequest(method, mock+"/_mock/v1/"+path, bytes.NewReader(sent))
	check(err)
	response, err := direct.Do(request)
	check(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	check(err)
	if response.StatusCode >= 300 {
		panic(fmt.Errorf("control API, %s: %d %s", path, response.StatusCode, text))
	}
	var answer object
	check(json.Unmarshal(text, &answer))
	return answer
}

func claim(user, cardID, ext string) object {
	return control("POST", "users/"+user+"/add-card", object{
		"appid":    os.Getenv("INTEROP_MP_APPID"),
		"cardList": []object{{"cardId": cardID, "cardExt": ext}},
	})
}

// claimed claims the card, wants it to succeed, and returns the encrypted code.
func claimed(user, cardID, ext string) string {
	answer := claim(user, cardID, ext)
	expect(answer["errMsg"], "addCard:ok", fmt.Sprintf("the phone's answer, %v", answer["explain"]))
	first := answer["cardList"].([]interface{})[0].(object)
	expect(first["isSuccess"], true, "isSuccess")
	return first["code"].(string)
}

func heldCode(user, cardID string) string {
	var held []string
	for _, each := range control("GET", "users/"+user+"/wallet", nil)["cards"].([]interface{}) {
		if card := each.(object); card["card_id"] == cardID {
			held = append(held, card["code"].(string))
		}
	}
	expect(len(held), 1, "cards of this kind in the wallet")
	return held[0]
}

func openid(user string) string {
	return control("GET", "users/"+user, nil)["openids"].(object)[appid].(string)
}

// shop is what the scenarios share.
type shop struct {
	account                               *officialaccount.OfficialAccount
	callback                              string
	pushes                                chan *message.MixMessage
	faults                                chan error
	ticket, logo, cardID, encrypted, code string
}

// post is a call that the module has no method for. 0 is success.
func (s *shop) post(path string, body interface{}) (object, int64) {
	accessToken, err := s.account.GetAccessToken()
	check(err)
	answer, err := util.PostJSON(wechatHost+path+"?access_token="+accessToken, body)
	check(err)
	var failure util.CommonError
	check(json.Unmarshal(answer, &failure))
	var all object
	check(json.Unmarshal(answer, &all))
	return all, failure.ErrCode
}

func (s *shop) ask(path string, body interface{}) object {
	answer, errcode := s.post(path, body)
	expect(errcode, int64(0), fmt.Sprintf("errcode of %v", answer))
	return answer
}

func (s *shop) baseInfo() object {
	card := s.ask("/card/get", object{"card_id": s.cardID})["card"].(object)
	expect(card["card_type"], "GENERAL_COUPON", "card_type")
	return card["general_coupon"].(object)["base_info"].(object)
}

func (s *shop) signed() string {
	timestamp, nonce := strconv.FormatInt(time.Now().Unix(), 10), util.RandomStr(16)
	ext, err := json.Marshal(object{
		"timestamp": timestamp,
		"nonce_str": nonce,
		"signature": util.Signature(s.ticket, timestamp, s.cardID, nonce),
	})
	check(err)
	return string(ext)
}

// receive is the shop's callback, as the module's manual has it.
func (s *shop) receive(writer http.ResponseWriter, request *http.Request) {
	var receiver *server.Server = s.account.GetServer(request, writer)
	receiver.SetMessageHandler(func(push *message.MixMessage) *message.Reply {
		s.pushes <- push
		return nil
	})
	if err := receiver.Serve(); err != nil {
		s.faults <- err
		http.Error(writer, err.Error(), http.StatusUnauthorized)
		return
	}
	if request.Method == http.MethodPost {
		_, _ = io.WriteString(writer, "success")
	}
}

func (s *shop) waitFor(event message.EventType) *message.MixMessage {
	late := time.After(20 * time.Second)
	for {
		select {
		case push := <-s.pushes:
			if push.Event == event {
				return push
			}
		case err := <-s.faults:
			panic(err)
		case <-late:
			panic(fmt.Errorf("no push of %s within 20 s", event))
		}
	}
}

func tell(result object) {
	line, err := json.Marshal(result)
	check(err)
	fmt.Println(string(line))
}

func run(scenario string, act func()) {
	result := object{"scenario": scenario, "ok": true}
	defer func() {
		if caught := recover(); caught != nil {
			result["ok"], result["why"] = false, fmt.Sprint(caught)
		}
		tell(result)
	}()
	act()
}

func main() {
	build, _ := debug.ReadBuildInfo()
	for _, module := range build.Deps {
		if module.Path == "github.com/silenceper/wechat/v2" {
			tell(object{"version": strings.TrimPrefix(module.Version, "v")})
		}
	}
	if os.Getenv("INTEROP_WAY") == "base-url" {
		util.SetURIModifier(func(uri string) string { return strings.Replace(uri, wechatHost, mock, 1) })
	}
	s := &shop{pushes: make(chan *message.MixMessage, 100), faults: make(chan error, 100)}
	s.account = wechat.NewWechat().GetOfficialAccount(&config.Config{
		AppID: appid, AppSecret: os.Getenv("INTEROP_SECRET"), Token: token, EncodingAESKey: aesKey,
		Cache: cache.NewMemory(),
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	s.callback = "http://" + listener.Addr().String() + "/callback"
	go func() { _ = http.Serve(listener, http.HandlerFunc(s.receive)) }()
	scenarios(s)
}
