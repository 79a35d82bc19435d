#include "config/cluster.h"
