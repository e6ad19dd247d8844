package main

import (
	"fmt"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// Catalog is what discovery says by one of its protocols.
type Catalog struct {
	// One document per group version, or all in one (aggregated).
	Legacy bool `json:"legacy"`
	// Group version of a metrics API to its resources, each as "name kind scope verbs".
	Resources map[string][]string `json:"resources"`
	// What a short word of kubectl's means in this cluster: word to "group/version, Kind=...".
	Kinds map[string]string `json:"kinds"`
}

func discover(config *rest.Config, legacy bool) (*Catalog, error) {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	client.UseLegacyDiscovery = legacy
	// An error here is what kubectl would complain of: a group that cannot be read.
	groups, lists, err := client.ServerGroupsAndResources()
	if err != nil {
		return nil, err
	}
	catalog := &Catalog{Legacy: legacy, Resources: map[string][]string{}, Kinds: map[string]string{}}
	for _, group := range groups {
		for _, version := range group.Versions {
			if isMetricsAPI("/apis/" + version.GroupVersion) {
				catalog.Resources[version.GroupVersion] = []string{}
			}
		}
	}
	for _, list := range lists {
		if _, ours := catalog.Resources[list.GroupVersion]; !ours {
			continue
		}
		for _, each := range list.APIResources {
			scope := "Cluster"
			if each.Namespaced {
				scope = "Namespaced"
			}
			line := fmt.Sprintf("%s %s %s %s", each.Name, each.Kind, scope, strings.Join(each.Verbs, ","))
			catalog.Resources[list.GroupVersion] = append(catalog.Resources[list.GroupVersion], line)
		}
		sort.Strings(catalog.Resources[list.GroupVersion])
	}
	return catalog, catalog.nameKinds(client)
}

func (c *Catalog) nameKinds(client discovery.DiscoveryInterface) error {
	found, err := restmapper.GetAPIGroupResources(client)
	if err != nil {
		return err
	}
	mapper := restmapper.NewDiscoveryRESTMapper(found)
	for _, word := range []string{"pods", "pod", "services", "nodes", "deployments", "queues", "queue"} {
		kind, err := mapper.KindFor(schema.GroupVersionResource{Resource: word})
		if err != nil {
			return fmt.Errorf("what is %q? %w", word, err)
		}
		c.Kinds[word] = kind.String()
	}
	for _, word := range []string{"pods", "nodes"} {
		kind, err := mapper.KindFor(schema.GroupVersionResource{Group: "metrics.k8s.io", Resource: word})
		if err != nil {
			return fmt.Errorf("what is %q of metrics.k8s.io? %w", word, err)
		}
		c.Kinds[word+".metrics.k8s.io"] = kind.String()
	}
	return nil
}
