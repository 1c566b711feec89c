#include "auth/user_store.hpp"
