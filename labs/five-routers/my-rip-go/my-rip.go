// A router of one's own in Go: RIP version 2 (RFC 2453), without authentication.
//
// services: {rip: {implementation: ./my-rip-go}} puts it in a node's place. What a program gets of its node and owes it:
// labs/OWN-PROGRAMS.md. Each socket, and standard input, has a goroutine that reads; the table belongs to main alone.
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

const (
	request, response, version, internet = 1, 2, 2, 2
	unreachable                          = 16
	perMessage                           = 25
	mostRoutes                           = 4096
)

var (
	group      = netip.MustParseAddrPort("224.0.0.9:520")
	wholeTable = entry{Metric: unreachable} // alone in a request (section 3.9.1)
	never      = math.Inf(1)
	began      = time.Now()
)

type header struct {
	Command, Version uint8
	Zero             uint16
}

type entry struct { // section 4
	Family, Tag        uint16
	Net, Mask, NextHop [4]byte
	Metric             uint32
}

type options struct { // times are in seconds
	Update, Timeout, Garbage float64
	SplitHorizon             string `json:"split_horizon"`
	Triggered                string
	Cost                     map[string]uint32
	Passive                  []string
	Auth                     map[string]any
}

type link struct {
	LAN, Device string
	Address     netip.Addr
	Prefix      netip.Prefix
	Up          bool
	conn        *net.UDPConn // nil while it is down
}

type route struct {
	via     netip.Addr // the zero Addr: a LAN of our own
	lan     string
	metric  uint32
	until   float64 // its timeout, or the end of its garbage time
	changed bool
}

func (r *route) installed() bool { return r != nil && r.via.IsValid() && r.metric < unreachable }

type datagram struct {
	link *link
	from netip.AddrPort
	data []byte
}

type router struct {
	options
	kernelTable            int
	links                  map[string]*link
	table                  map[netip.Prefix]*route
	update, trigger, quiet float64 // when to say everything, when what has changed; until when not to
	heard                  chan datagram
}

func now() float64 { return time.Since(began).Seconds() }

func between(low, high float64) float64 { return low + rand.Float64()*(high-low) }

// Our own table of the kernel's, from which the node takes our routes; the metric tells the lab at which cost we have one.

func ip(words ...string) {
	exec.Command("ip", words...).Run() // a cut link has taken its routes along: not every `del` finds one
}

func (r *router) install(prefix netip.Prefix, old, new *route) {
	if new.installed() {
		ip("route", "replace", prefix.String(), "via", new.via.String(), "dev", r.links[new.lan].Device,
			"table", fmt.Sprint(r.kernelTable), "proto", "rip", "metric", fmt.Sprint(new.metric))
	}
	if old.installed() && (!new.installed() || new.metric != old.metric) {
		ip("route", "del", prefix.String(), "table", fmt.Sprint(r.kernelTable), "metric", fmt.Sprint(old.metric))
	}
}

// Another way to a network, or none any more.
func (r *router) change(prefix netip.Prefix, metric uint32, via netip.Addr, lan string) {
	old, until := r.table[prefix], never
	if metric == unreachable {
		until = now() + r.Garbage
	} else if via.IsValid() {
		until = now() + r.Timeout
	}
	r.table[prefix] = &route{via, lan, metric, until, true}
	r.install(prefix, old, r.table[prefix])
	if r.trigger == never && r.Triggered == "on" { // the first change is told at once, those that follow together (section 3.10.1)
		r.trigger = max(now(), r.quiet)
	}
	if old == nil || old.metric != metric {
		fmt.Printf(`{"kind": "rip.table", "text": "%s: metric %d on %s"}`+"\n", prefix, metric, lan)
	}
}

// What is said (section 3.10.2).

func (r *router) transmit(l *link, command uint8, entries []entry, to netip.AddrPort) {
	if l.conn == nil || slices.Contains(r.Passive, l.LAN) {
		return
	}
	for part := range slices.Chunk(entries, perMessage) {
		message, _ := binary.Append(nil, binary.BigEndian, header{command, version, 0})
		message, _ = binary.Append(message, binary.BigEndian, part)
		if _, err := l.conn.WriteToUDPAddrPort(message, to); err != nil {
			log.Print(err)
		}
	}
}

func (r *router) entries(l *link, onlyChanged bool) (said []entry) {
	for prefix, route := range r.table {
		metric := route.metric
		if route.lan == l.LAN && r.SplitHorizon != "off" { // section 3.4.3
			metric = unreachable
			if r.SplitHorizon == "on" || !route.via.IsValid() {
				continue
			}
		}
		if route.changed || !onlyChanged {
			mask := [4]byte(net.CIDRMask(prefix.Bits(), 32))
			said = append(said, entry{internet, 0, prefix.Addr().As4(), mask, [4]byte{}, metric})
		}
	}
	return said
}

func (r *router) sayToAll(onlyChanged bool) {
	for _, l := range r.links {
		r.transmit(l, response, r.entries(l, onlyChanged), group)
	}
	for _, route := range r.table {
		route.changed = false
	}
	r.trigger = never
	r.quiet = now() + between(r.Update/30, r.Update/6) // 1 to 5 s at an update of 30 s (section 3.10.1)
}

// What is heard (section 3.9).

func parse(data []byte) (head header, entries []entry, ok bool) {
	size, err := binary.Decode(data, binary.BigEndian, &head)
	count, rest := (len(data)-size)/binary.Size(wholeTable), (len(data)-size)%binary.Size(wholeTable)
	if err != nil || rest != 0 || count > perMessage {
		return head, nil, false
	}
	entries = make([]entry, count)
	_, err = binary.Decode(data[size:], binary.BigEndian, entries)
	return head, entries, err == nil
}

// The network that an entry names, if it is one that a route may lead to (section 3.9.2).
func (e entry) prefix() (netip.Prefix, bool) {
	bits, whole := net.IPMask(e.Mask[:]).Size() // of a mask with holes: 0, 0
	prefix := netip.PrefixFrom(netip.AddrFrom4(e.Net), bits)
	first := e.Net[0]
	odd := first == 0 && bits > 0 || first == 127 || first >= 224
	return prefix, e.Family == internet && whole == 32 && !odd && prefix == prefix.Masked()
}

func (r *router) hear(d datagram) {
	l, from := d.link, d.from.Addr().Unmap()
	head, entries, ok := parse(d.data)
	if !ok || head.Version != version || from == l.Address || !l.Prefix.Contains(from) || r.links[l.LAN] != l {
		return
	}
	cost := max(r.Cost[l.LAN], 1)
	if head.Command == request {
		r.answer(l, entries, d.from)
	} else if head.Command == response && d.from.Port() == group.Port() {
		for _, e := range entries {
			if prefix, ok := e.prefix(); ok && 1 <= e.Metric && e.Metric <= unreachable {
				r.consider(prefix, min(e.Metric+cost, unreachable), from, l.LAN)
			}
		}
	}
}

func (r *router) answer(l *link, entries []entry, to netip.AddrPort) {
	for i, e := range entries { // single networks are asked for by a diagnosis (section 3.9.1)
		entries[i].Metric = unreachable
		if prefix, ok := e.prefix(); ok && r.table[prefix] != nil {
			entries[i].Metric = r.table[prefix].metric
		}
		if len(entries) == 1 && e.Family == 0 && e.Metric == unreachable {
			entries = r.entries(l, false)
		}
	}
	r.transmit(l, response, entries, to)
}

// The receive rule (section 3.9.2): a cheaper way is taken, and whatever the way's own router says of it.
func (r *router) consider(prefix netip.Prefix, metric uint32, via netip.Addr, lan string) {
	have, known := r.table[prefix]
	switch {
	case !known && (metric == unreachable || len(r.table) >= mostRoutes):
	case known && !have.via.IsValid() && have.metric < unreachable: // a LAN of our own
	case known && have.via == via && have.metric == metric:
		if metric < unreachable {
			have.until = now() + r.Timeout
		}
	case !known || have.via == via || metric < have.metric:
		r.change(prefix, metric, via, lan)
	}
}

// Interfaces: the node tells of each, at the start and by a line when it is cut, healed, or another device.

func (r *router) setLink(l *link) {
	if before := r.links[l.LAN]; before != nil && before.conn != nil {
		before.conn.Close()
	}
	r.links[l.LAN] = l
	for prefix, route := range r.table {
		if route.lan == l.LAN && route.metric < unreachable {
			r.change(prefix, unreachable, route.via, l.LAN)
		}
	}
	if l.Up {
		if err := l.open(); err != nil {
			log.Printf("%s: %v", l.LAN, err)
			return
		}
		go r.listen(l)
		r.change(l.Prefix, 1, netip.Addr{}, l.LAN)
		r.transmit(l, request, []entry{wholeTable}, group)
	}
}

func (l *link) open() error {
	device, err := net.InterfaceByName(l.Device)
	if err != nil {
		return err
	}
	prepare := func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) {
			here := &syscall.IPMreqn{Multiaddr: group.Addr().As4(), Address: l.Address.As4(), Ifindex: int32(device.Index)}
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
			syscall.SetsockoptString(int(fd), syscall.SOL_SOCKET, syscall.SO_BINDTODEVICE, l.Device)
			syscall.SetsockoptIPMreqn(int(fd), syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP, here)
			syscall.SetsockoptIPMreqn(int(fd), syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, here)
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_MULTICAST_LOOP, 0)
		})
	}
	opened, err := (&net.ListenConfig{Control: prepare}).ListenPacket(context.Background(), "udp4", "0.0.0.0:520")
	if err == nil {
		l.conn = opened.(*net.UDPConn)
	}
	return err
}

func (r *router) listen(l *link) {
	for buffer := make([]byte, 65535); ; {
		size, from, err := l.conn.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		r.heard <- datagram{l, from, slices.Clone(buffer[:size])} // empty, after an error: nobody's message
	}
}

func readChanges(changes chan<- *link) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var told struct{ Interface *link }
		if err := json.Unmarshal(lines.Bytes(), &told); err == nil && told.Interface != nil {
			changes <- told.Interface
		}
	}
}

func (r *router) runTimers() {
	for prefix, route := range r.table {
		if now() >= route.until && route.metric < unreachable {
			r.change(prefix, unreachable, route.via, route.lan)
		} else if now() >= route.until {
			delete(r.table, prefix)
		}
	}
	if now() >= r.update {
		r.sayToAll(false)
		r.update = now() + between(r.Update*5/6, r.Update*7/6) // else all would speak at once (section 3.8)
	} else if now() >= r.trigger {
		r.sayToAll(true)
	}
}

func (r *router) untilNextTimer() time.Duration {
	next := min(r.update, r.trigger)
	for _, route := range r.table {
		next = min(next, route.until)
	}
	return time.Duration((next - now()) * float64(time.Second))
}

func main() {
	log.SetFlags(0)
	var told struct {
		Table      int
		Options    options
		Interfaces []*link
	}
	if err := json.Unmarshal([]byte(os.Getenv("CATENET_SERVICE")), &told); err != nil {
		log.Fatal("CATENET_SERVICE: ", err, "; this runs inside a node")
	}
	if len(told.Options.Auth) > 0 {
		log.Fatal("auth: this router has none")
	}
	r := &router{options: told.Options, kernelTable: told.Table, links: map[string]*link{}, table: map[netip.Prefix]*route{},
		trigger: never, heard: make(chan datagram, 64)}
	for _, l := range told.Interfaces {
		r.setLink(l)
	}
	stop, changes := make(chan os.Signal, 1), make(chan *link)
	signal.Notify(stop, syscall.SIGTERM)
	go readChanges(changes)
	fmt.Println("ready")
	for {
		select {
		case <-stop:
			for _, route := range r.table { // nothing is to be reached by us any more
				route.metric = unreachable
			}
			r.sayToAll(false)
			return
		case l := <-changes:
			r.setLink(l)
		case d := <-r.heard:
			r.hear(d)
		case <-time.After(r.untilNextTimer()):
		}
		r.runTimers()
	}
}
