package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/metrics/pkg/apis/custom_metrics/v1beta2"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"
	"k8s.io/metrics/pkg/client/clientset/versioned"
	"k8s.io/metrics/pkg/client/custom_metrics"
	"k8s.io/metrics/pkg/client/external_metrics"
)

// Question is one call of one client. Names are empty where all are meant.
type Question struct {
	// custom, external, pods or nodes.
	API       string `json:"api"`
	Namespace string `json:"namespace"`
	// Of the described object, as "Queue.shop.example.com"; custom only.
	Kind           string `json:"kind"`
	Name           string `json:"name"`
	Metric         string `json:"metric"`
	Selector       string `json:"selector"`
	MetricSelector string `json:"metricSelector"`
}

// Reading is the answer to one question. Every value is a quantity as the client holds it; its key names the object,
// the labels of an external series, or object, container and resource.
type Reading struct {
	Question Question          `json:"question"`
	Encoding string            `json:"encoding"`
	Values   map[string]string `json:"values"`
	// The oldest timestamp among the values.
	Oldest time.Time `json:"oldest"`
}

func (r *Reading) add(key string, value resource.Quantity, at metav1.Time) error {
	if _, twice := r.Values[key]; twice {
		return fmt.Errorf("%s is there twice", key)
	}
	r.Values[key] = value.String()
	if r.Oldest.IsZero() || at.Time.Before(r.Oldest) {
		r.Oldest = at.Time
	}
	return nil
}

type clients struct {
	custom   custom_metrics.CustomMetricsClient
	external external_metrics.ExternalMetricsClient
	resource versioned.Interface
}

func newClients(config *rest.Config) (*clients, error) {
	// Discovery is not what is asked in the encoding: it has its own, see discover.
	plain := rest.CopyConfig(config)
	plain.ContentType, plain.AcceptContentTypes, plain.WrapTransport = "", "", nil
	found, err := discovery.NewDiscoveryClientForConfig(plain)
	if err != nil {
		return nil, err
	}
	groups, err := restmapper.GetAPIGroupResources(found)
	if err != nil {
		return nil, err
	}
	external, err := external_metrics.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	resources, err := versioned.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	mapper := restmapper.NewDiscoveryRESTMapper(groups)
	versions := custom_metrics.NewAvailableAPIsGetter(found)
	return &clients{custom_metrics.NewForConfig(config, mapper, versions), external, resources}, nil
}

func (c *clients) ask(question Question) (*Reading, error) {
	reading := &Reading{Question: question, Values: map[string]string{}}
	switch question.API {
	case "custom":
		return reading, c.askCustom(question, reading)
	case "external":
		return reading, c.askExternal(question, reading)
	case "pods":
		return reading, c.askPods(question, reading)
	case "nodes":
		return reading, c.askNodes(question, reading)
	}
	return nil, fmt.Errorf("there is no API %q", question.API)
}

func (c *clients) askCustom(question Question, reading *Reading) error {
	metric, err := labels.Parse(question.MetricSelector)
	if err != nil {
		return err
	}
	api := c.custom.RootScopedMetrics()
	if question.Namespace != "" {
		api = c.custom.NamespacedMetrics(question.Namespace)
	}
	kind := schema.ParseGroupKind(question.Kind)
	if question.Name != "" {
		value, err := api.GetForObject(kind, question.Name, question.Metric, metric)
		if err != nil {
			return err
		}
		return addCustom(reading, value)
	}
	selector, err := labels.Parse(question.Selector)
	if err != nil {
		return err
	}
	list, err := api.GetForObjects(kind, selector, question.Metric, metric)
	if err != nil {
		return err
	}
	for i := range list.Items {
		if err := addCustom(reading, &list.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

func addCustom(reading *Reading, value *v1beta2.MetricValue) error {
	if value.Metric.Name != reading.Question.Metric {
		return fmt.Errorf("it is about metric %q", value.Metric.Name)
	}
	object := value.DescribedObject
	return reading.add(object.Kind+" "+object.Namespace+"/"+object.Name, value.Value, value.Timestamp)
}

func (c *clients) askExternal(question Question, reading *Reading) error {
	selector, err := labels.Parse(question.Selector)
	if err != nil {
		return err
	}
	list, err := c.external.NamespacedMetrics(question.Namespace).List(question.Metric, selector)
	if err != nil {
		return err
	}
	for _, item := range list.Items {
		if item.MetricName != question.Metric {
			return fmt.Errorf("it is about metric %q", item.MetricName)
		}
		if err := reading.add(labels.FormatLabels(item.MetricLabels), item.Value, item.Timestamp); err != nil {
			return err
		}
	}
	return nil
}

func (c *clients) askPods(question Question, reading *Reading) error {
	api := c.resource.MetricsV1beta1().PodMetricses(question.Namespace)
	if question.Name != "" {
		pod, err := api.Get(context.Background(), question.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		return addPod(reading, pod)
	}
	list, err := api.List(context.Background(), metav1.ListOptions{LabelSelector: question.Selector})
	if err != nil {
		return err
	}
	for i := range list.Items {
		if err := addPod(reading, &list.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

func addPod(reading *Reading, pod *metricsv1beta1.PodMetrics) error {
	for _, container := range pod.Containers {
		for name, value := range container.Usage {
			key := fmt.Sprintf("%s/%s %s %s", pod.Namespace, pod.Name, container.Name, name)
			if err := reading.add(key, value, pod.Timestamp); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *clients) askNodes(question Question, reading *Reading) error {
	api := c.resource.MetricsV1beta1().NodeMetricses()
	list := &metricsv1beta1.NodeMetricsList{}
	if question.Name != "" {
		node, err := api.Get(context.Background(), question.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		list.Items = append(list.Items, *node)
	} else {
		all, err := api.List(context.Background(), metav1.ListOptions{LabelSelector: question.Selector})
		if err != nil {
			return err
		}
		list = all
	}
	for _, node := range list.Items {
		for name, value := range node.Usage {
			if err := reading.add(node.Name+" "+string(name), value, node.Timestamp); err != nil {
				return err
			}
		}
	}
	return nil
}
