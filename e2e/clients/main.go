// Command clients reads the three metrics APIs of a cluster with Kubernetes' own Go clients, every question
// once in JSON and once in protobuf, and what discovery says of them, by both of its protocols.
//
// The cluster is the one of KUBECONFIG. Questions come as a JSON list on standard input, answers go as JSON to
// standard output. It judges nothing but whether an answer came in the encoding that was asked for.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Report is all that was seen.
type Report struct {
	Readings  []Reading `json:"readings"`
	Discovery []Catalog `json:"discovery"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}

func run() error {
	var questions []Question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		return fmt.Errorf("read the questions from standard input: %w", err)
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return fmt.Errorf("read the kubeconfig: %w", err)
	}
	// A dozen questions are no flood.
	config.QPS, config.Burst = 100, 100

	report := Report{Readings: []Reading{}}
	for _, legacy := range []bool{true, false} {
		catalog, err := discover(config, legacy)
		if err != nil {
			return fmt.Errorf("discovery (legacy %t): %w", legacy, err)
		}
		report.Discovery = append(report.Discovery, *catalog)
	}
	for _, encoding := range []string{"application/json", "application/vnd.kubernetes.protobuf"} {
		clients, err := newClients(encoded(config, encoding))
		if err != nil {
			return fmt.Errorf("clients for %s: %w", encoding, err)
		}
		for _, question := range questions {
			reading, err := clients.ask(question)
			if err != nil {
				return fmt.Errorf("%s, %+v: %w", encoding, question, err)
			}
			reading.Encoding = encoding
			report.Readings = append(report.Readings, *reading)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(report)
}

// encoded makes the clients of a configuration ask for one encoding and take no other.
func encoded(config *rest.Config, encoding string) *rest.Config {
	copied := rest.CopyConfig(config)
	copied.ContentType = encoding
	copied.AcceptContentTypes = encoding
	copied.Wrap(onlyIn(encoding))
	return copied
}
